"""How requests prove who sends them: a module a kind, named as the kind, behind `seam`."""
