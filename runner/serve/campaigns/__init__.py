"""Campaigns: whom agents call, one after the other, from the tables of a folder."""
