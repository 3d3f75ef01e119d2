"""Which venues and DOIs are of preprints and repositories, not of a publication."""

from __future__ import annotations

import re

__all__ = ["is_preprint_doi", "is_repository"]

# Preprint servers, repositories and OpenAlex's translated copies: a paper may have one of these
# beside the DOI of its publication. 10.1101 belongs to journals too; only the numbers of bioRxiv
# and medRxiv count.
_DOIS = re.compile(
    r"10\.1101/(?:\d{4}\.\d\d\.\d\d\.)?\d{6,}|10\.2139/ssrn|10\.20944/preprints|10\.21203/rs\."
    r"|10\.22541/au|10\.31219/osf|10\.31234/osf|10\.31224/|10\.31223/|10\.36227/techrxiv"
    r"|10\.26434/chemrxiv|10\.48550/|10\.13140/rg|10\.5281/zenodo|10\.6084/m9\.figshare"
    r"|10\.60692/|10\.17863/cam\."
)
_VENUES = re.compile(
    r"arxiv|corr$|computing research repository|(?:bio|med|tech|chem|engr|psya|eartha)rxiv|ssrn"
    r"|research square|preprints?(?:\.org)?$|zenodo|figshare|authorea|osf preprints|researchgate"
    r"|hal\b|open science framework|.*\brepository$",
    re.IGNORECASE,
)


def is_preprint_doi(doi: str) -> bool:
    """Whether a DOI is of a preprint or of a copy in a repository."""
    return bool(_DOIS.match(doi))


def is_repository(venue: str) -> bool:
    """Whether a venue's name is that of a preprint server or repository."""
    return bool(_VENUES.match(venue.strip()))
