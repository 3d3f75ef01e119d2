-- The tables of schema 2, as a catalogue of it has them.
CREATE TABLE meta (
    name TEXT NOT NULL,
    value TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (name)
)
 STRICT;
CREATE TABLE record (
    source TEXT NOT NULL,
    "key" TEXT NOT NULL,
    found TEXT DEFAULT '' NOT NULL,
    digest TEXT DEFAULT '' NOT NULL,
    seen TEXT DEFAULT '' NOT NULL,
    changed TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (source, "key")
)
 STRICT;
CREATE TABLE cite (
    source TEXT NOT NULL,
    "key" TEXT NOT NULL,
    seed TEXT NOT NULL,
    contexts TEXT DEFAULT '[]' NOT NULL,
    intents TEXT DEFAULT '[]' NOT NULL,
    influential INTEGER DEFAULT '0' NOT NULL,
    PRIMARY KEY (source, "key", seed)
)
 STRICT;
CREATE INDEX cite_seed ON cite (seed);
CREATE TABLE crawl (
    seed TEXT NOT NULL,
    source TEXT NOT NULL,
    at TEXT NOT NULL,
    total INTEGER,
    since TEXT DEFAULT '' NOT NULL,
    window TEXT DEFAULT '' NOT NULL,
    missing INTEGER DEFAULT '0' NOT NULL,
    started TEXT DEFAULT '' NOT NULL,
    finished TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (seed, source, at)
)
 STRICT;
CREATE TABLE part (
    seed TEXT NOT NULL,
    source TEXT NOT NULL,
    at TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT DEFAULT '{}' NOT NULL,
    done INTEGER DEFAULT '0' NOT NULL,
    received INTEGER DEFAULT '0' NOT NULL,
    dropped INTEGER DEFAULT '0' NOT NULL,
    PRIMARY KEY (seed, source, at, name)
)
 STRICT;
CREATE TABLE event (
    n INTEGER NOT NULL,
    at TEXT DEFAULT '' NOT NULL,
    paper TEXT DEFAULT '' NOT NULL,
    action TEXT DEFAULT '' NOT NULL,
    value TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (n)
)
 STRICT;
CREATE INDEX event_paper ON event (paper);
CREATE TABLE mend (
    n INTEGER NOT NULL,
    at TEXT DEFAULT '' NOT NULL,
    action TEXT DEFAULT '' NOT NULL,
    first TEXT DEFAULT '' NOT NULL,
    second TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (n)
)
 STRICT;
CREATE TABLE paper (
    id TEXT NOT NULL,
    place INTEGER DEFAULT '0' NOT NULL,
    title TEXT DEFAULT '' NOT NULL,
    authors TEXT DEFAULT '[]' NOT NULL,
    year INTEGER,
    date TEXT DEFAULT '' NOT NULL,
    published TEXT DEFAULT '' NOT NULL,
    venue TEXT DEFAULT '' NOT NULL,
    venues TEXT DEFAULT '[]' NOT NULL,
    abstract TEXT DEFAULT '' NOT NULL,
    arxiv TEXT DEFAULT '' NOT NULL,
    doi TEXT DEFAULT '' NOT NULL,
    s2 TEXT DEFAULT '' NOT NULL,
    openalex TEXT DEFAULT '' NOT NULL,
    citations INTEGER,
    influential INTEGER,
    kind TEXT DEFAULT '' NOT NULL,
    withdrawn INTEGER DEFAULT '0' NOT NULL,
    comment TEXT DEFAULT '' NOT NULL,
    categories TEXT DEFAULT '[]' NOT NULL,
    links TEXT DEFAULT '[]' NOT NULL,
    licence TEXT DEFAULT '' NOT NULL,
    sources TEXT DEFAULT '[]' NOT NULL,
    seeds TEXT DEFAULT '[]' NOT NULL,
    intents TEXT DEFAULT '[]' NOT NULL,
    contexts INTEGER DEFAULT '0' NOT NULL,
    central INTEGER DEFAULT '0' NOT NULL,
    digest TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (id)
)
 STRICT;
CREATE INDEX paper_listed ON paper (coalesce(citations, -1) DESC, id, place, citations, influential, year, date, arxiv, venues, sources, seeds, title);
CREATE TABLE member (
    source TEXT NOT NULL,
    "key" TEXT NOT NULL,
    paper TEXT DEFAULT '' NOT NULL,
    reason TEXT DEFAULT '' NOT NULL,
    doubt TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (source, "key")
)
 STRICT;
CREATE INDEX member_paper ON member (paper);
CREATE TABLE alias (
    identifier TEXT NOT NULL,
    paper TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (identifier)
)
 WITHOUT ROWID,
 STRICT;
CREATE INDEX alias_paper ON alias (paper);
CREATE TABLE reference (
    paper TEXT NOT NULL,
    work INTEGER NOT NULL,
    PRIMARY KEY (paper, work)
)
 WITHOUT ROWID,
 STRICT;
CREATE INDEX reference_work ON reference (work);
CREATE TABLE topic (
    paper TEXT NOT NULL,
    topic TEXT NOT NULL,
    place TEXT DEFAULT '' NOT NULL,
    evidence TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (paper, topic)
)
 STRICT;
CREATE INDEX topic_topic ON topic (topic, paper);
CREATE TABLE code (
    paper TEXT NOT NULL,
    url TEXT NOT NULL,
    place TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (paper, url)
)
 STRICT;
CREATE TABLE repository (
    url TEXT NOT NULL,
    state TEXT DEFAULT '' NOT NULL,
    stars INTEGER,
    licence TEXT DEFAULT '' NOT NULL,
    pushed TEXT DEFAULT '' NOT NULL,
    moved TEXT DEFAULT '' NOT NULL,
    checked TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (url)
)
 STRICT;
CREATE TABLE covered (
    paper TEXT NOT NULL,
    video TEXT NOT NULL,
    title TEXT DEFAULT '' NOT NULL,
    url TEXT DEFAULT '' NOT NULL,
    published TEXT DEFAULT '' NOT NULL,
    evidence TEXT DEFAULT '' NOT NULL,
    PRIMARY KEY (paper, video)
)
 STRICT;
CREATE VIRTUAL TABLE paper_text USING fts5(id UNINDEXED, title, abstract, authors, venue, tokenize = 'porter unicode61');
