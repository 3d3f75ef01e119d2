"""Try it: drop a picture, pick models, see what they make of it."""

from __future__ import annotations

import streamlit as st

from dashboard.load.zoo import models
from dashboard.mode import read_only
from dashboard.plain import plain
from dashboard.views.paper_parts import problems_shown
from dashboard.work.queue import MODELS, Job, Queue, Result
from dashboard.work.upload import LARGEST
from data.errors import AtlasError

__all__ = ["show"]

JOB = "try-job"
TYPES = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff"]


def show() -> None:
    """A form, and below it the job of this visitor."""
    st.title("Try it")
    if read_only():
        st.info("This dashboard is read-only: models can be tried where it runs.")
        return
    names = _names()
    st.caption(
        f"A picture of up to {LARGEST} MB is made at most 1,024 px wide and high, translated on "
        "this machine in a process of its own, and deleted."
    )
    chosen = st.multiselect(
        "Models that are on this machine", names, default=names[:2], max_selections=MODELS
    )
    # Cleared, so that Streamlit keeps no copy of the file either.
    with st.form("try", clear_on_submit=True):
        upload = st.file_uploader("Picture", type=TYPES, max_upload_size=LARGEST)
        sent = st.form_submit_button("Translate", type="primary", icon=":material/brush:")
    if sent:
        _submit(upload.getvalue() if upload else b"", chosen)
    if st.session_state.get(JOB):
        _watch()


def _names() -> list[str]:
    """Weights that are here and need no style picture."""
    return [
        f"{model.card.name}.{stored.weights.name}"
        for model in models()
        if not model.card.styled and model.card.task != "baseline"
        for stored in model.stored
        if stored.here
    ]


def _submit(content: bytes, chosen: list[str]) -> None:
    with problems_shown():
        if not content:
            raise AtlasError("no picture was chosen")
        if before := st.session_state.pop(JOB, None):
            _queue().forget(before)
        st.session_state[JOB] = _queue().submit(content, chosen)


@st.cache_resource
def _queue() -> Queue:
    return Queue()


@st.fragment(run_every=1.0)
def _waiting() -> None:
    job = _queue().job(st.session_state.get(JOB, ""))
    if job is None or job.state == "done":
        st.rerun()
    _job(job)


def _watch() -> None:
    job = _queue().job(st.session_state[JOB])
    if job is None:
        del st.session_state[JOB]
        st.info("That picture was deleted.")
        return
    if job.state == "done":
        _job(job)
        if st.button("Delete it now", icon=":material/delete:"):
            _queue().forget(st.session_state.pop(JOB))
            st.rerun()
    else:
        _waiting()


def _job(job: Job) -> None:
    if job.state == "waiting":
        st.info(f"{job.ahead} pictures are before yours.", icon=":material/hourglass:")
    elif job.state == "running":
        at = min(len(job.results) + 1, len(job.models))
        st.info(
            f"Model {at} of {len(job.models)}: {plain(job.models[at - 1])}", icon=":material/brush:"
        )
    if job.problem:
        st.error(plain(job.problem), icon=":material/error:")
    if not job.source:
        return
    columns = st.columns(len(job.results) + 1)
    with columns[0]:
        st.image(job.source, caption="your picture", alt="The uploaded picture", width="stretch")
    for column, result in zip(columns[1:], job.results, strict=True):
        with column:
            _result(result)


def _result(result: Result) -> None:
    name = plain(result.model)
    if result.problem:
        st.error(f"**{name}**: {plain(result.problem)}", icon=":material/error:")
        return
    st.image(
        result.png,
        caption=f"{name}, {result.seconds:.1f} s with loading it",
        alt=f"What {result.model} made of it",
        width="stretch",
    )
    st.download_button(
        "Download",
        result.png,
        file_name=f"{result.model}.png",
        mime="image/png",
        key=f"get-{result.model}",
        on_click="ignore",
    )
