"""The router of the dashboard: which page an address shows."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard.navigation import navigation
from dashboard.warming import asked

# A file of ours: Streamlit fetches the icons of its own sets from elsewhere.
ICON = Path(__file__).with_name("icon.png")
STYLE = Path(__file__).with_name("style.css")

st.set_page_config(page_title="i2i-atlas", page_icon=str(ICON), layout="wide")
st.html(STYLE)
with asked():
    st.navigation(navigation(), position="top").run()
