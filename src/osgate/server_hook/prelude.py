"""The first lines of a packed hook: a shell script that lets a push pass which touches nothing that can matter.

Starting Python costs as much as a small push. One `git diff-tree` for each guarded branch tells whether a file differs
that the push would be judged by (`interest`), and whatever cannot be told for certain is left to Python: a ref that is
made, a tag, another line than git's, a commit of which is not known that its manifests take in nothing out of the way
(`remembered`), a diff that takes long, many refs, a failing command.

Behind the script lies a zip, so nothing of it is read beyond `exit`; Python finds the zip from its end.
"""

from __future__ import annotations

import re

from osgate import __version__, surfaces
from osgate.server_hook import hot, interest, remembered
from osgate.server_hook.settings import FILE as TOLD
from osgate.text.translator import LOCALES, Translator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from osgate.server_hook.settings import Settings

# Isolated (no PYTHON* variables, nothing from the current folder or the user's), no site-packages, no pyc written.
FLAGS = "-ISB"
# Lines that are looked at here at most.
_LINES = 32
# Digits of an offset in the file: the script is as long whatever they are.
_DIGITS = 9
_OF = ("at", "size")
# What Python runs first; in quotes for the shell, so without any of its own but double ones, for every Python to read.
_START = """\
import sys
if sys.version_info < (3, 11):
    getattr(sys.stderr, "buffer", sys.stderr).write(@old@)
    sys.exit(1)
import gc
gc.disable()
archive, changed = sys.argv[1:]
sys.argv[:] = [archive]
sys.path.append(archive)
with open(archive, "rb") as file:
    file.seek(@told_at@)
    told = file.read(@told_size@)
    file.seek(@hot_at@)
    hot = file.read(@hot_size@)
from _frozen_importlib_external import MAGIC_NUMBER
if hot.startswith(MAGIC_NUMBER):
    import marshal
    code, index = marshal.loads(memoryview(hot)[len(MAGIC_NUMBER):])
    kept = {"__name__": "kept"}
    exec(marshal.loads(code), kept)
    sys.meta_path.insert(0, kept["Kept"](archive, index, hot, {"@settings_file@": told}))
from osgate.server_hook.start import main
main(archive, [], "@platform@", changed)
"""
_HEAD = """\
#!/bin/sh
# osgate @version@, a @hook@ hook: a zip with a script before it. What it does is told in docs/server-hooks.md.
python=@python@
if ! command -v "$python" >/dev/null 2>&1; then
  printf '%s' @told@ >&2
  exit 1
fi
[ $# -eq 0 ] || exec "$python" @flags@ "$0" "$@"
start=@start@

# Leaves the push to Python, with what was read of standard input and what is left of it.
judge() {
  if [ $whole = no ]; then
    { printf '%s' "$told"; exec cat; } | "$python" @flags@ -c "$start" "$0" ''
    exit $?
  fi
  # What differs is told for the only ref of a push, where it fits among the words of a command (Linux: 128 KiB).
  [ $lines -eq 1 ] && [ ${#changed} -le 30000 ] || changed=
  exec "$python" @flags@ -c "$start" "$0" "$changed" <<END
$told
END
  exit 1
}

told= lines=0 whole=no changed=
while [ $lines -lt @lines@ ]; do
  IFS= read -r line || { [ "$line" ] && told=$told$line || whole=yes; break; }
  lines=$((lines + 1))
  told=$told$line'
'
done
# Too many lines, one without an end, or none at all.
[ $whole = yes ] && [ "$told" ] || { whole=no; judge; }
told=${told%?}
@place@"""
_LOOK = """\
# Pathspecs may be handed down to be read otherwise; replacements would show other commits than those that are pushed.
unset @settings@
GIT_NO_REPLACE_OBJECTS=1
export GIT_NO_REPLACE_OBJECTS
place=${GIT_DIR:-.}
notes=@notes@

# 0: the ref is guarded; 1: it is not, nor does it lead to one that is; 2: that cannot be told here.
guarded() {
  case $1 in
    @refs@) return 0 ;;
    refs/replace/* | refs/osgate/*) return 2 ;;
  esac
  # Branches that are kept elsewhere than in files of their own: another work tree, reftable.
  [ ! -e "$place/commondir" ] && [ ! -e "$place/reftable" ] && loose "$1" || return 2
@default@  return 1
}

# Whether the ref is none that leads to another: only one in a file of its own can be. Sets `tip` to what it points at.
loose() {
  tip=
  [ ! -h "$place/$1" ] || return 1
  [ ! -f "$place/$1" ] || IFS= read -r tip 2>/dev/null <"$place/$1" || return 1
  case $tip in *[!0123456789abcdef]*) return 1 ;; esac
}

# Sets `from` to what is noted of a commit: `-`, or the commit that it differs from in nothing of interest.
noted() {
  from=
  [ -O "$notes/$1" ] && [ ! -h "$notes/$1" ] && IFS=' ' read -r word version commit from 2>/dev/null <"$notes/$1" &&
    [ "$word $version $commit" = "@word@ $1" ] && [ "$from" ]
}

# Whether nothing of interest differs from commit $1 to commit $2.
same() {
  if noted "$2" && [ "$from" = "$1" ]; then
@untold@    return 0
  fi
@record@  looked=$((looked + 1))
  [ $looked -le @most@ ] && noted "$1" || return 1
  changed=$(timeout @seconds@ git diff-tree -r @raw@ "$1" "$2" -- \\
    @pathspecs@ 2>/dev/null) || { changed=; return 1; }
  [ -z "$changed" ] || return 1
  { printf '%s\\n' "@word@ $2 $1" >"$notes/$2"; } 2>/dev/null
  return 0
}

# A line: <old id> <new id> <ref>. True where nothing is to be judged of it.
passes() {
  old=${1%% *} ref=${1#* }
  new=${ref%% *} ref=${ref#* }
  case ${#old}-${#new} in 40-40 | 64-64) ;; *) return 1 ;; esac
  case $old$new in *[!0123456789abcdef]*) return 1 ;; esac
  case $ref in refs/?*) ;; *) return 1 ;; esac
  case $ref in *' '*) return 1 ;; esac
  case $new in *[!0]*) ;; *) return 0 ;; esac
  guarded "$ref"
  case $? in 0) ;; 1) return 0 ;; *) return 1 ;; esac
  case $ref in refs/heads/*) ;; *) return 1 ;; esac
  case $old in *[!0]*) same "$old" "$new" ;; *) return 1 ;; esac
}

@ready@
[ -O "$notes" ] && [ ! -h "$notes" ] || notes=/dev/null
looked=0
while IFS= read -r line; do
  passes "$line" || judge
done <<END
$told
END
exit 0
"""
# What post-receive does with the only ref of a push that was judged.
_READY = """
# Appends the line that pre-receive left for the one ref $ref, below the repository and ref that it is about.
recorded() {
  [ $lines -eq 1 ] || return 1
  left=$spool/judged/$old-$new.line
  [ -O "$left" ] && { IFS= read -r about && IFS= read -r event; } 2>/dev/null <"$left" || return 1
  [ "$about" = "$PWD $ref" ] || return 1
  day=${event#*'"at": "'}
  day=$spool/${day%%T*}.jsonl
  [ -f "$day" ] && [ ! -h "$day" ] && [ -z "$(tail -c 1 "$day" 2>&1)" ] && { printf '%s' "$event
" >>"$day"; } 2>/dev/null || return 1
  exec rm -f -- "$left"
}

# Nothing is told of what Python looked at once, and found nothing in.
untold() {
  left=$spool/judged/$old-$new.line
  [ ! -e "$left" ] || rm -f -- "$left"
}
spool=@spool@
"""
# The default branch as `git symbolic-ref HEAD` tells it. One that is not there, or not in a file of its own, may be one
# that is yet to be: then any branch may become it.
_DEFAULT = """\
  case $1 in refs/heads/*) ;; *) return 1 ;; esac
  [ ! -h "$place/HEAD" ] && IFS= read -r head 2>/dev/null <"$place/HEAD" || return 2
  case $head in *[[:space:][:cntrl:]]*[[:space:][:cntrl:]]*) return 2 ;; esac
  case $head in 'ref: refs/heads/'*) head=${head#ref: } ;; *) return 2 ;; esac
  loose "$head" || return 2
  [ "$head" != "$1" ] || return 0
  [ "$tip" ] || return 2
"""
# Repositories that hold no code, as `pusher.place` tells them; whatever is left open is left to Python.
_PLACES = {
    "gitlab": "case ${GL_REPOSITORY:-project-} in project-*) ;; *) exit 0 ;; esac\n",
    "gitea": '[ "${GITEA_REPO_IS_WIKI:-}" != true ] || exit 0\n',
}
_MARKS = {"gitlab": "GL-HOOK-ERR: "}


def prelude(settings: Settings, python: str) -> Callable[[Mapping[str, tuple[int, int]]], bytes]:
    """Return what makes the script, as `archive.zipped` takes it. python: how Python is called on the server."""
    parts = _parts(settings, python)

    def made(at: Mapping[str, tuple[int, int]]) -> bytes:
        found = {"told": at.get(TOLD, (0, 0)), "hot": at.get(hot.FILE, (0, 0))}
        offsets = {
            f"{name}_{of}": f"{n:{_DIGITS}}" for name, both in found.items() for of, n in zip(_OF, both, strict=True)
        }
        start = quoted(_filled(_START, {**parts, **offsets}))
        return _filled(_script(settings), {**parts, "start": start}).encode("utf-8")

    return made


def words(key: str, platform: str) -> str:
    """Return a sentence in both languages, as lines for whoever pushes: for where nothing is there to look them up."""
    return "".join(f"{_MARKS.get(platform, '')}osgate: {Translator(locale)(key)}\n" for locale in reversed(LOCALES))


def quoted(text: str) -> str:
    """Return a text as one word of a shell script (POSIX 2.2.2)."""
    return "'" + text.replace("'", "'\\''") + "'"


def _script(settings: Settings) -> str:
    """Which of the parts are wanted."""
    if settings.hook == "post-receive" and not settings.spool:
        return _HEAD + "exit 0\n"
    # What may be cut off soon is left to the one who watches the clock.
    return _HEAD + (_LOOK if settings.deadline >= 2 else "judge\n")


def _filled(text: str, parts: Mapping[str, str]) -> str:
    """Put parts in the places that `@name@` marks; nothing in a part is a place."""
    return re.sub("@([a-z_]+)@", lambda found: parts[found[1]], text)


def _parts(settings: Settings, python: str) -> dict[str, str]:
    seconds = max(1, int(settings.deadline // 10))
    refs = [_pattern(ref) for ref in settings.refs if ref != "HEAD"]
    told = words("packed.python-too-old", settings.platform)
    return {
        "version": __version__,
        "hook": settings.hook,
        "python": quoted(python),
        "flags": FLAGS,
        "told": quoted(told),
        "old": repr(told.encode("utf-8")),
        "platform": settings.platform,
        "settings_file": TOLD,
        "place": _PLACES.get(settings.platform, ""),
        "refs": " | ".join(refs) or "''",
        "default": _DEFAULT if "HEAD" in settings.refs else "",
        "notes": _place(f"{settings.snapshot}/{remembered.FOLDER}"),
        "ready": _READY.replace("@spool@", _place(settings.spool)) if settings.hook == "post-receive" else "",
        "record": "  recorded\n" if settings.hook == "post-receive" else "",
        "untold": "    untold\n" if settings.hook == "post-receive" else "",
        "word": remembered.WORD,
        "seconds": str(seconds),
        "most": str(max(1, int(settings.deadline / (2 * seconds)))),
        "lines": str(_LINES),
        "settings": surfaces.PATHSPEC_SETTINGS,
        "raw": "--raw --no-abbrev --no-renames --no-ext-diff --no-textconv --ignore-submodules=none",
        "pathspecs": " ".join(map(quoted, interest.pathspecs())),
    }


def _place(path: str) -> str:
    """A path of the settings; one that is not absolute begins at the folder of the hook."""
    return quoted(path) if path.startswith("/") else f'"${{0%/*}}"/{quoted(path)}'


def _pattern(ref: str) -> str:
    """A pattern of refs as the shell matches it, where `*` stands for any characters too, and nothing else does."""
    return "*".join(quoted(part) if part else "" for part in ref.split("*"))
