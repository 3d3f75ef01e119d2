"""Colours of the dashboard, light and dark, and the settings that Streamlit is started with.

The palette is Okabe and Ito's (Color Universal Design, 2008), which stays distinct with every
common kind of colour blindness; nothing is told by colour alone.
"""

from __future__ import annotations

import json

__all__ = ["MARKS", "PALETTE", "settings"]

# Blue, vermilion, bluish green, orange, reddish purple, sky blue, grey; their yellow is left out,
# as it is lost on white, and their black, as it is lost on black.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#56B4E9", "#7F7F7F")

# The second sign of a series, after its colour: plotly's symbols.
MARKS = ("circle", "square", "diamond", "triangle-up", "x", "star", "cross", "hexagon")

_SHARED = {
    "baseRadius": "0.5rem",
    "showWidgetBorder": True,
    "headingFontSizes": ["1.9rem", "1.45rem", "1.15rem"],
    "linkUnderline": True,
    "chartCategoricalColors": list(PALETTE),
}
_LIGHT = {
    "primaryColor": "#005f94",
    "backgroundColor": "#fdfcf9",
    "secondaryBackgroundColor": "#f1eee6",
    "textColor": "#1d2329",
    "linkColor": "#005f94",
    "borderColor": "#cfc9bc",
    "dataframeHeaderBackgroundColor": "#f1eee6",
}
_DARK = {
    "primaryColor": "#7cc4ee",
    "backgroundColor": "#12161b",
    "secondaryBackgroundColor": "#1e252d",
    "textColor": "#e8e6e1",
    "linkColor": "#7cc4ee",
    "borderColor": "#3a444f",
    "dataframeHeaderBackgroundColor": "#1e252d",
}
# Streamlit reads settings of the folder it starts in; ours travel with the command instead.
_SERVER = {
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "server.fileWatcherType": "none",
    "server.maxUploadSize": 20,
    "server.showEmailPrompt": False,
}


def settings() -> dict[str, str]:
    """Streamlit's options by their full names, as its command line takes them."""
    themed = {f"theme.{name}": value for name, value in _SHARED.items()}
    themed |= {f"theme.light.{name}": value for name, value in _LIGHT.items()}
    themed |= {f"theme.dark.{name}": value for name, value in _DARK.items()}
    return {name: _text(value) for name, value in (_SERVER | themed).items()}


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
