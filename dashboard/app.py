"""The router of the dashboard: `streamlit run dashboard/app.py`, or just `dashboard`."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.views.leaderboard import leaderboard

# A file of ours: Streamlit fetches the icons of its own sets from elsewhere.
ICON = Path(__file__).with_name("icon.png")

st.set_page_config(page_title="i2i-atlas", page_icon=str(ICON), layout="wide")
st.navigation(
    [st.Page(leaderboard, title="Leaderboard", icon=":material/leaderboard:", default=True)],
    position="top",
).run()
