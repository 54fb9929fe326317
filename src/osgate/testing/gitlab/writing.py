"""Moving branches as the web does: protection, the server's own hooks, then the ref, if it still is where it was."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from osgate.testing.gitlab.git import GitFailed

if TYPE_CHECKING:
    from osgate.testing.gitlab.state import Project, User
    from osgate.testing.gitlab.world import World


def accept(world: World, project: Project, user: User, branch: str, new: str | None, old: str | None) -> None:
    """Run the pre-receive hooks for a branch's move, then move it. Raises GitFailed with what a hook said."""
    _hooks(project, user, f"refs/heads/{branch}", new, old)
    project.repo.move(branch, new, old)
    project.activity = world.now


def hook_environment(project: Project, user: User, protocol: str) -> dict[str, str]:
    """Return what Gitaly tells a server hook. protocol: http or web."""
    return {
        "GL_ID": f"user-{user.id}",
        "GL_USERNAME": user.username,
        "GL_PROJECT_PATH": project.full_path,
        "GL_REPOSITORY": f"project-{project.id}",
        "GL_PROTOCOL": protocol,
    }


def _hooks(project: Project, user: User, ref: str, new: str | None, old: str | None) -> None:
    """Only where the server has hooks of its own: the forge's rules were looked at before."""
    if not os.path.isdir(os.path.join(project.repo.path, "custom_hooks")):
        return
    zero = "0" * len(new or old or "")
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LD_LIBRARY_PATH") if name in os.environ}
    done = subprocess.run(
        ["hooks/pre-receive"],
        cwd=project.repo.path,
        input=f"{old or zero} {new or zero} {ref}\n".encode(),
        capture_output=True,
        env={**env, "GIT_DIR": ".", **hook_environment(project, user, "web")},
        check=False,
    )
    if done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace")
        lines = [line.removeprefix("GL-HOOK-ERR:").strip() for line in said.splitlines() if "GL-HOOK-ERR:" in line]
        raise GitFailed("\n".join(lines) or said)
