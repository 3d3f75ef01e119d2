"""Where files live: `--home`, then $ATLAS_HOME, then the platform's user data folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from data.errors import AtlasError

__all__ = ["PUBLISHED", "Home", "find_home"]

# Results that the project itself publishes, in its repository.
PUBLISHED = Path(__file__).resolve().parent / "results"


@dataclass(frozen=True, slots=True)
class Home:
    """The folder under which everything is kept, and what is where."""

    root: Path

    @property
    def catalogue(self) -> Path:
        """The papers' database."""
        return self.root / "catalogue.db"

    @property
    def datasets(self) -> Path:
        """Downloaded data sets."""
        return self.root / "datasets"

    @property
    def weights(self) -> Path:
        """Downloaded weights."""
        return self.root / "weights"

    @property
    def features(self) -> Path:
        """Features of pictures, by content."""
        return self.root / "features"

    @property
    def runs(self) -> Path:
        """Outputs: `<run id>/images/`."""
        return self.root / "runs"

    @property
    def results(self) -> Path:
        """Records: `<dataset>/<model>/<run id>.json`."""
        return self.root / "results"

    @property
    def http(self) -> Path:
        """Stored responses of services."""
        return self.root / "http"

    def ready(self) -> Home:
        """Make the folder; AtlasError when it cannot be made or written."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            if not os.access(self.root, os.W_OK):
                raise PermissionError("no right to write")
        except OSError as problem:
            raise AtlasError(
                f"the home {self.root} cannot be used: {problem.strerror or problem}",
                hint="name a folder of yours: --home DIR, or set ATLAS_HOME",
            ) from problem
        return self


def find_home(option: str | Path | None = None) -> Home:
    """The home named by `option`, by $ATLAS_HOME, or the platform's default; not made here."""
    named = option or os.environ.get("ATLAS_HOME")
    if named:
        return Home(Path(named).expanduser().absolute())
    return Home(Path(platformdirs.user_data_dir("i2i-atlas", appauthor=False)))
