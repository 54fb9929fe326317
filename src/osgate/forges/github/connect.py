"""The client of a GitHub: where its interfaces are, and who we are there, by a token or as an app."""

from __future__ import annotations

import time
from collections.abc import Callable
from urllib.parse import urlsplit

from github.Auth import AppAuth, Auth, Token

from osgate.forges import fields
from osgate.forges.github import answers
from osgate.forges.github.client import Client
from osgate.forges.github.session import BETWEEN, LIMITS, Session, Waiting, silent
from osgate.forges.protocol import Expired, Missing
from osgate.forges.session import Limits
from osgate.io.sending import plain
from osgate.model.record import record

# Seconds for which an installation's token is used: GitHub's last an hour.
_LASTS = 3000.0


@record
class Server:
    """One GitHub. address: of its pages; api, graphql: of REST and GraphQL; ca: path of a file with certificates to
    trust, the usual ones where empty."""

    address: str
    api: str
    graphql: str
    ca: str = ""


def server(address: str, api: str = "", graphql: str = "", ca: str = "") -> Server:
    """Return the GitHub whose pages are at `address`. api, graphql: where they are told already.

    Source of the rest: GitHub's documentation of Enterprise Server, and of data residency (`*.ghe.com`).
    """
    if not api:
        parts = urlsplit(address)
        ours = parts.netloc == "github.com" or parts.netloc.endswith(".ghe.com")
        api = f"{parts.scheme}://api.{parts.netloc}" if ours else f"{address}/api/v3"
    api = api.rstrip("/")
    return Server(address, api, graphql or f"{api.removesuffix('/v3')}/graphql", ca)


def way(to: Server, limits: Limits = LIMITS, *, waiting: Waiting = silent, between: float = BETWEEN) -> Session:
    """Return a way there. waiting, between: see Session."""
    return Session(to.api, to.graphql, limits, waiting=waiting, between=between)


def by_token(to: Server, token: str, session: Session) -> Client:
    """Return a client that is whoever `token` is. Raises Expired for what cannot be a token."""
    if not token or not plain(token):
        raise Expired("forge.token", address=to.address, detail="not well formed" if token else "none given")
    return Client(to.api, to.graphql, Token(token), session, ca=to.ca, secrets=lambda: [token])


def by_app(to: Server, app: str, key: str, session: Session, *, installation: str = "", repository: str = "") -> Client:
    """Return a client that is an app's installation, with tokens of an hour each.

    app: its id; key: its private key (PEM), which stays here; installation: the id of the one meant, else the one that
    `repository` (`owner/name`) is in, else the only one there is. Raises Expired where the key is none.
    """
    signed = AppAuth(app, key)
    try:
        signed.create_jwt()
    except Exception as error:  # In how many ways a key can be none, three libraries say in theirs.
        raise Expired("forge.token", address=to.address, detail=f"private key: {type(error).__name__}") from None
    asking = Client(to.api, to.graphql, signed, session, ca=to.ca, secrets=list)
    auth = Installed(lambda: _fetched(asking, installation, repository))
    return Client(to.api, to.graphql, auth, session, ca=to.ca, secrets=lambda: auth.known)


class Installed(Auth):
    """An app's installation. fetch: gets another token; known: those it had. PyGithub's own asks past our session."""

    token_type = "token"  # noqa: S105 (not one)

    def __init__(self, fetch: Callable[[], str], clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._until = 0.0
        self.known: list[str] = []

    @property
    def token(self) -> str:
        """A token that still counts."""
        began = self._clock()
        if not self.known or began >= self._until:
            self.known.append(self._fetch())
            self._until = began + _LASTS
        return self.known[-1]


def _fetched(client: Client, installation: str, repository: str) -> str:
    """Return a token of an installation. Raises Expired `forge.app-pair` where GitHub does not take the app's word."""
    try:
        if not installation:
            installation = _installation(client, repository)
        place = ("app", "installations", installation, "access_tokens")
        row = client.post(*place)
    except Expired as error:
        raise Expired("forge.app-pair", **error.params) from None
    token = client.read(lambda row: fields.text(row, "token"), row, *place)
    if not plain(token):
        raise Expired("forge.token", address=client.api, detail="not well formed")
    return token


def _installation(client: Client, repository: str) -> str:
    owner, slash, name = repository.partition("/")
    place = ("repos", owner, name, "installation") if slash else ("app", "installations")
    rows = [client.get(*place)] if slash else list(client.each(*place))
    if len(rows) != 1:
        raise Missing("forge.missing", what=f"app/installations: {len(rows)}", detail="OSGATE_APP_INSTALLATION")
    return client.read(answers.ident, rows[0], *place)
