"""From a dataset to ranked issues: stages, the runner, and `find_issues`."""
