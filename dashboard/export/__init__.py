"""Leaderboards and pictures as pages that need no server: any web host, or a disk, will do."""

from dashboard.export.write import Exported, export

__all__ = ["Exported", "export"]
