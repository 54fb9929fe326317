"""GitHub workflows and actions: what runs in continuous integration, and on which images.

Read are `uses:` of steps and of jobs (reusable workflows), of composite actions, `docker://` images, and the images of
`container:` and `services:`. A local action (`./path`) is first-party code and no dependency. The comment behind a
commit (`# v4.1.0`) is never read: whoever writes the commit writes the comment.
An image whose name holds an expression (`${{ matrix.image }}`) cannot be known from the file and is told as a gap; an
action cannot be named by an expression at all, so a file that tries is refused.
Sources: GitHub's "Workflow syntax" and "Metadata syntax" references.
"""

from __future__ import annotations

import re

from osgate.formats import image_reference
from osgate.formats.guards import check_name, decode, without_credentials
from osgate.formats.yaml_text import Mapping, Sequence, Text, load
from osgate.model.dependency import Dependency, Reading, Source, Unreadable
from osgate.model.gap import Gap
from osgate.purl import Purl, component, versioned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from osgate.formats.yaml_text import Node
    from osgate.model.change import Siblings

_DOCKER = "docker://"
_EXPRESSION = "${{"
_SEGMENT = r"[A-Za-z0-9_.-]+"
# [https://host/]owner/repository[/path][@ref]; the address form is Gitea's and Forgejo's.
_USES = re.compile(
    rf"(?:https?://(?P<host>[A-Za-z0-9.:-]+)/)?(?P<owner>{_SEGMENT})/(?P<name>{_SEGMENT})"
    r"(?P<path>/[^@\s]*)?(?:@(?P<ref>[^@\s]*))?"
)
_COMMIT = re.compile(r"[0-9a-fA-F]{40}")


def read(path: str, data: bytes, siblings: Siblings) -> Reading:
    """Return the actions, reusable workflows and images that the workflow or action file names, in order of line.

    A file without jobs or steps (empty, or of another kind that happens to have the name) has none.
    Raises Unreadable: what `guards.decode` and `yaml_text.load` raise, `malformed` (a value of the wrong type, or no
    name of an action or image), `expression` and `hostile-name`.
    """
    document = load(decode(data).text)
    if not isinstance(document, Mapping):
        return Reading()
    found = list(dict.fromkeys([*_jobs(document, path), *_runs(document, path)]))
    named = [item for item in found if isinstance(item, Dependency)]
    gaps = [item for item in found if isinstance(item, Gap)]
    return Reading(sorted(named, key=lambda dependency: dependency.line), gaps)


def _jobs(document: Mapping, path: str) -> Iterator[Dependency | Gap]:
    for job in _mapping(document, "jobs").values():
        if not isinstance(job, Mapping):
            raise Unreadable("malformed", job.line)
        yield from _uses(job, path)
        yield from _container(job.get("container"), path)
        yield from _services(job.get("services"), path)
        yield from _steps(job, path)


def _runs(document: Mapping, path: str) -> Iterator[Dependency | Gap]:
    """What an action's `runs:` names: the steps of a composite action, or the ready image of a container action."""
    runs = document.get("runs")
    if not isinstance(runs, Mapping):
        return
    yield from _steps(runs, path)
    image = runs.get("image")
    if isinstance(image, Text) and image.lower().startswith(_DOCKER):
        yield from _image(image, path)


def _mapping(parent: Mapping, key: str) -> Mapping:
    found = parent.get(key)
    if found is None or (isinstance(found, Text) and found.is_null):
        return Mapping()
    if not isinstance(found, Mapping):
        raise Unreadable("malformed", found.line)
    return found


def _steps(parent: Mapping, path: str) -> Iterator[Dependency | Gap]:
    steps = parent.get("steps")
    if steps is None or (isinstance(steps, Text) and steps.is_null):
        return
    if not isinstance(steps, Sequence):
        raise Unreadable("malformed", steps.line)
    for step in steps:
        if not isinstance(step, Mapping):
            raise Unreadable("malformed", step.line)
        yield from _uses(step, path)


def _services(services: Node | None, path: str) -> Iterator[Dependency | Gap]:
    if isinstance(services, Mapping):
        for service in services.values():
            yield from _container(service, path)
    elif services is not None:
        yield from _container(services, path)


def _container(value: Node | None, path: str) -> Iterator[Dependency | Gap]:
    """A container is an image's name or a mapping with `image`; an empty one means none."""
    image = value.get("image") if isinstance(value, Mapping) else value
    if image is None:
        return
    if not isinstance(image, Text):
        raise Unreadable("malformed", image.line)
    if image and not image.is_null:
        yield from _image(image, path)


def _uses(parent: Mapping, path: str) -> Iterator[Dependency | Gap]:
    uses = parent.get("uses")
    if uses is None:
        return
    if not isinstance(uses, Text) or uses.is_null:
        raise Unreadable("malformed", uses.line)
    if _EXPRESSION in uses:
        raise Unreadable("expression", uses.line)
    if uses.startswith(("./", ".\\")):
        return
    if uses.lower().startswith(_DOCKER):
        yield from _image(uses, path)
    else:
        yield _action(uses, path)


def _action(uses: Text, path: str) -> Dependency:
    text = uses.strip()
    check_name(text, uses.line)
    found = _USES.fullmatch(text)
    if not found or ".." in text.partition("@")[0].split("/"):
        raise Unreadable("malformed", uses.line)
    host, owner, name, ref = found["host"], found["owner"], found["name"], found["ref"] or ""
    address = f"https://{host}/{owner}/{name}" if host else None
    if host and host.lower() != "github.com":
        key = Purl("generic", "", name, qualifiers=(("vcs_url", f"git+{address}"),)).component
    else:
        key = component("github", name, owner)
    return Dependency(
        component=key,
        version=ref,
        purl=versioned(key, ref, found["path"] or ""),
        path=path,
        line=uses.line,
        scope="action",
        direct=True,
        source=Source("git", address and without_credentials(address), ref or None),
        install_code=True,
        mutable=not _COMMIT.fullmatch(ref),
    )


def _image(value: Text, path: str) -> Iterator[Dependency | Gap]:
    """The image `value` names, or the gap where an expression makes that unknowable."""
    text = value.strip()
    if text.lower().startswith(_DOCKER):
        text = text[len(_DOCKER) :]
    if _EXPRESSION in value:
        check_name(text, value.line)
        yield Gap(path, "image-argument", (("line", str(value.line)), ("image", text)))
    else:
        yield image_reference.dependency(text, path, value.line)
