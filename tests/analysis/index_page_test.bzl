"""Unit tests of reading a package index's pages."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")

# buildifier: disable=bzl-visibility
load("//python/private/index:index_page.bzl", "index_page_url", "join_url", "nearest_files", "read_index_page", "split_credentials")

_PAGE = "https://host.example/root/simple/demo/"

def _index_page_url_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, "https://h/simple/ruamel-yaml-clib/", index_page_url("https://h/simple/", "ruamel.yaml_-Clib"))
    asserts.equals(env, "https://h/simple/six/", index_page_url("https://h/simple", "six"))
    return unittest.end(env)

def _join_url_impl(ctx):
    env = unittest.begin(ctx)
    for url, expected in {
        "../../packages/x.whl": "https://host.example/root/packages/x.whl",
        "./x.whl": _PAGE + "x.whl",
        "//other.example/x.whl": "https://other.example/x.whl",
        "/files/x.whl": "https://host.example/files/x.whl",
        "https://other.example/x.whl": "https://other.example/x.whl",
        "x.whl": _PAGE + "x.whl",
    }.items():
        asserts.equals(env, expected, join_url(_PAGE, url))
    asserts.equals(env, "file:///a/x.whl", join_url("file:///a/simple/demo/", "../../x.whl"))
    return unittest.end(env)

def _read_index_page_impl(ctx):
    env = unittest.begin(ctx)
    page = read_index_page(json.encode({"files": [
        {"filename": "a.whl", "hashes": {"sha256": "ABC"}, "url": "../a.whl", "yanked": "broken"},
        {"filename": "b.whl", "hashes": {}, "url": "b.whl#fragment"},
    ]}), _PAGE)
    asserts.equals(env, struct(sha256 = "abc", url = "https://host.example/root/simple/a.whl", yanked = True), page["a.whl"])
    asserts.equals(env, struct(sha256 = "", url = _PAGE + "b.whl", yanked = False), page["b.whl"])

    page = read_index_page("""<!DOCTYPE html><html><body>
<a href="a.whl#sha256=abc" data-requires-python="&gt;=3" data-yanked="">a.whl</a>
<a rel="internal" href='b%2B1.whl?x=1&amp;y=2'>b+1.whl</a> <a href="">c</a></body></html>""", _PAGE)
    asserts.equals(env, struct(sha256 = "abc", url = _PAGE + "a.whl", yanked = True), page["a.whl"])
    asserts.equals(env, _PAGE + "b%2B1.whl?x=1&y=2", page["b+1.whl"].url)
    asserts.equals(env, 2, len(page))

    asserts.equals(env, {}, read_index_page("<html></html>", _PAGE))
    for other in ["", "{}", "{\"files\": 1}", "[1]", "{ broken", "<p>log in</p>", "text"]:
        asserts.equals(env, None, read_index_page(other, _PAGE))
    return unittest.end(env)

def _split_credentials_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, ("https://h/simple", "", ""), split_credentials("https://h/simple"))
    asserts.equals(env, ("https://h:8/s", "me", "p@ss:word/é%"), split_credentials("https://me:p%40ss:word%2Fé%@h:8/s"))
    asserts.equals(env, ("https://h/s@t", "", ""), split_credentials("https://h/s@t"))
    return unittest.end(env)

def _nearest_files_impl(ctx):
    env = unittest.begin(ctx)
    wheels = ["pyyaml-6.0.{}-cp3{}-cp3{}-linux_x86_64.whl".format(minor, python, python) for minor in range(4) for python in range(9, 14)]
    sdists = ["PyYAML-6.0.tar.gz", "pyyaml-6.0.3.tar.gz", "pyyaml-6.0.2.tar.gz"]
    asserts.equals(env, "pyyaml-6.0.3.tar.gz", nearest_files(wheels + sdists, "PyYAML-6.0.3.zip")[0])
    asserts.equals(env, sorted(sdists), sorted(nearest_files(wheels + sdists, "pyyaml-6.0.4.tar.gz")[:3]))
    asserts.equals(env, "pyyaml-6.0.3-cp313-cp313-linux_x86_64.whl", nearest_files(wheels + sdists, "pyyaml-6.0.3-cp313-abi3-linux_x86_64.whl")[0])
    asserts.equals(env, 8, len(nearest_files(wheels, "x.whl")))
    asserts.equals(env, [], nearest_files([], "x.whl"))
    return unittest.end(env)

_index_page_url_test = unittest.make(_index_page_url_impl)
_join_url_test = unittest.make(_join_url_impl)
_nearest_files_test = unittest.make(_nearest_files_impl)
_read_index_page_test = unittest.make(_read_index_page_impl)
_split_credentials_test = unittest.make(_split_credentials_impl)

def index_page_test_suite(name):
    """Makes the tests of this file.

    Args:
        name: of the suite.
    """
    unittest.suite(name, _index_page_url_test, _join_url_test, _nearest_files_test, _read_index_page_test, _split_credentials_test)
