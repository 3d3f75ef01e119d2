"""The steps of survey.derive: what to make anew, how, and where it is put."""
