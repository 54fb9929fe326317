"""No secret of any configuration appears in anything but `Login.reveal`."""

from __future__ import annotations

import base64
import json
import string

from hypothesis import given, settings
from hypothesis import strategies as st

from osgate.facts.endpoints.discover import Machine, Project, discover
from osgate.facts.endpoints.draft import drafted
from osgate.facts.endpoints.endpoint import Configured
from osgate.facts.endpoints.in_tree import extras
from osgate.facts.endpoints.risks import risks
from osgate.model.dependency import Unreadable

# What passwords and tokens are made of, URLs' own marks among it; the first letters make each one findable. A blank
# ends an address for the managers as well: what stands before it is then the name of a host.
SECRETS = st.text(string.ascii_letters + string.digits + "-_.~!*+=/@:%$#?&[]{}|\\^`'\"<>;,", max_size=12).map(
    "zQx9".__add__
)
_URL = "https://ann:{s}@packages.example.com/x"
TEMPLATES = {
    "/home/.npmrc": "registry="
    + _URL
    + "\n//packages.example.com/:_authToken={s}\n_auth={b}\n@b:registry=https://{s}@h.example.com\n",
    "/home/.yarnrc.yml": 'npmRegistryServer: "' + _URL + '"\nnpmAuthToken: "{s}"\nunsafeHttpWhitelist:\n  - u:{s}@h\n',
    "/home/.yarnrc": 'registry "' + _URL + '"\n',
    "/etc/pip.conf": "[global]\nindex-url = " + _URL + "\nextra-index-url = https://{s}@x.example.com/?t={s}\n"
    "trusted-host = u:{s}@h\nproxy = http://u:{s}@p.example.com\n",
    "/p/requirements.txt": "--extra-index-url " + _URL + "\n--trusted-host u:{s}@h\n--find-links {s}://x\n",
    "/p/pyproject.toml": '[[tool.uv.index]]\nname = "n"\nurl = "'
    + _URL
    + '"\n[tool.uv]\nallow-insecure-host = ["u:{s}@h"]\n'
    '[[tool.poetry.source]]\nname = "n"\nurl = "' + _URL + '#{s}"\n',
    "/p/Pipfile": "[[source]]\nurl = '" + _URL + "'\nverify_ssl = false\n",
    "/home/.m2/settings.xml": "<settings><servers><server><id>m</id><username>{s}</username>"
    "<password>{s}</password></server></servers>"
    "<mirrors><mirror><id>m</id><mirrorOf>*</mirrorOf><url>" + _URL + "</url></mirror></mirrors></settings>",
    "/p/nuget.config": "<configuration><packageSources><add key='a' value='" + _URL + "'/></packageSources>"
    "<packageSourceCredentials><a><add key='Username' value='u'/><add key='ClearTextPassword' value='{s}'/></a>"
    "</packageSourceCredentials></configuration>",
    "/home/.config/go/env": "GOPROXY=" + _URL + ",{s}:,direct\nGOINSECURE=*,u:{s}@h\nGOFLAGS={s}\n",
    "/home/.cargo/config.toml": '[source.crates-io]\nreplace-with="r"\n[registries.r]\nindex="sparse+'
    + _URL
    + '"\ntoken="{s}"\n',
    "/p/Gemfile": 'source "' + _URL + '"\nsource "{s}:x"\n',
    "/home/.bundle/config": 'BUNDLE_PACKAGES__EXAMPLE__COM: "u:{s}"\nBUNDLE_MIRROR__ALL: "' + _URL + '"\n',
    "/p/auth.json": '{{"http-basic":{{"packages.example.com":{{"username":"u","password":{j}}}}},'
    '"bearer":{{"h":{j}}}}}',
    "/p/composer.json": '{{"repositories":[{{"type":"composer","url":"' + _URL + '"}}]}}',
    "/home/.conan2/remotes.json": '{{"remotes":[{{"url":"' + _URL + '","verify_ssl":false}}]}}',
}
VARIABLES = {
    "PIP_INDEX_URL": _URL,
    "UV_INDEX": "n=" + _URL,
    "UV_INDEX_N_PASSWORD": "{s}",
    "UV_INSECURE_HOST": "u:{s}@h",
    "npm_config_//h/:_authToken": "{s}",
    "YARN_NPM_AUTH_TOKEN": "{s}",
    "GOPROXY": _URL,
    "CARGO_REGISTRIES_R_TOKEN": "{s}",
    "COMPOSER_AUTH": '{{"bearer":{{"packages.example.com":{j}}}}}',
    "POETRY_HTTP_BASIC_N_PASSWORD": "{s}",
}
CLIENTS = {
    "npm": '{{"registry":"' + _URL + '"}}',
    "pip": "global.index-url='" + _URL + "'",
    "go": '{{"GOPROXY":"' + _URL + '"}}',
}


def filled(template: str, secret: str) -> str:
    return template.format(s=secret, b=base64.b64encode(f"u:{secret}".encode()).decode(), j=json.dumps(secret))


def shown(found: Configured) -> str:
    """All that anybody could print of what was found."""
    dangers = risks(found, ("pkg:npm/%40b/*", "pkg:npm/*"))
    parts = [repr(found), str(found), repr(dangers), drafted(found.endpoints), f"{found.endpoints}"]
    parts += [str(getattr(one, name)) for one in found.endpoints for name in one._fields]  # type: ignore[attr-defined]
    return "\n".join(parts)


@settings(max_examples=60, deadline=None)
@given(secret=SECRETS, variables=st.booleans(), clients=st.booleans())
def test_no_secret_is_shown(secret: str, variables: bool, clients: bool) -> None:
    files = {path: filled(template, secret).encode() for path, template in TEMPLATES.items()}
    environment = {name: filled(value, secret) for name, value in VARIABLES.items()} if variables else {}
    said = {name: filled(value, secret).encode() for name, value in CLIENTS.items()}
    asked = {} if clients else files
    machine = Machine(asked.get, environment, "/home", lambda command: said.get(command[0]))
    found = discover(machine, [Project("/p", tracked=lambda path: True)])
    assert "zqx9" not in shown(found).lower()
    for path, data in files.items():
        try:
            told = repr(extras(path, data))
        except Unreadable as error:
            told = repr((error, error.params, error.args))
        assert "zqx9" not in told.lower()


def test_the_templates_are_read() -> None:
    """A plain secret reaches the logins: else the property above would hold because nothing was understood."""
    files = {path: filled(template, "zQx9plain").encode() for path, template in TEMPLATES.items()}
    for path, data in files.items():
        if path in ("/p/auth.json", "/home/.yarnrc"):
            continue
        found = discover(Machine({path: data}.get, {}, "/home"), [Project("/p", tracked=lambda path: True)])
        revealed = [one.login.reveal()[1] for one in found.endpoints if one.login]
        assert revealed, path
        assert found.secrets, path
        assert set(revealed) <= {"zQx9plain"}
