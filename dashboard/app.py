"""The router of the dashboard: `streamlit run dashboard/app.py`, or just `dashboard`."""

from __future__ import annotations

import streamlit as st

from dashboard.views.leaderboard import leaderboard

st.set_page_config(page_title="i2i-atlas", page_icon=":material/map:", layout="wide")
st.navigation(
    [st.Page(leaderboard, title="Leaderboard", icon=":material/leaderboard:", default=True)],
    position="top",
).run()
