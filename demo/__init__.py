"""The road with drawn or real people; for people who look and for tests, never in a wheel."""
