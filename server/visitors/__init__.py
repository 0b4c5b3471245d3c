"""Who is on the sites: identity, visits, the page trail, where a visit came from, presence."""
