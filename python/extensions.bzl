"""Public: the module extension `sdists`."""

load("//python/private/hub:sdists_extension.bzl", _sdists = "sdists")

sdists = _sdists
