"""Tests of survey, and the scholarly services on loopback."""
