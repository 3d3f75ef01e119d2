"""The tests mirror the packages; `survey/` has services and worlds that others use too."""
