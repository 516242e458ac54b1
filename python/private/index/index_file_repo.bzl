"""The repository rule that gets one file from the package index."""

load("@bazel_tools//tools/build_defs/repo:utils.bzl", "read_user_netrc", "use_netrc")
load("//python/private:errors.bzl", "refuse")
load(":index_page.bzl", "index_page_url", "nearest_files", "read_index_page", "split_credentials")

INDEX_FILE_ATTRS = {
    "build_file": attr.label(doc = "A BUILD file for the unpacked content; without one, the archive stays whole as `:file`."),
    "build_file_content": attr.string(doc = "Likewise, its text."),
    "distribution": attr.string(doc = "The distribution's name, in any spelling.", mandatory = True),
    "filename": attr.string(doc = "The file's name, such as \"pyyaml-6.0.3.tar.gz\".", mandatory = True),
    "index_url": attr.string(doc = "The index (PEP 503), when it is not the configured one."),
    "sha256": attr.string(doc = "The file's sha256, 64 hexadecimal digits.", mandatory = True),
    "strip_prefix": attr.string(doc = "The archive's folder that becomes the repository's root when it is unpacked."),
}

_ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.1"

_BUILD_FILE = """\
filegroup(
    name = "file",
    srcs = [{filename}],
    visibility = ["//visibility:public"],
)
"""

# pip knows the index of this machine: its configuration files, and a default.
_ASK_PIP = """\
from pip._internal.commands import create_command
print(create_command("download").parser.get_default_values().index_url or "")
"""

_READ_PLAIN_HTTP = """\
import base64, http.client, os, sys, urllib.request
class Redirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, request, *rest):
        new = super().redirect_request(request, *rest)
        if new and (new.type, new.host) != (request.type, request.host):
            new.remove_header("Authorization")  # the password is for the index
        return new
MOST = 128 << 20
request = urllib.request.Request(os.environ["PAGE_URL"], headers={"Accept": os.environ["PAGE_ACCEPT"]})
if os.environ["PAGE_LOGIN"]:
    pair = os.environ["PAGE_LOGIN"] + ":" + os.environ["PAGE_PASSWORD"]
    request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
try:
    page = urllib.request.build_opener(Redirects).open(request, timeout=60).read(MOST + 1)
except (OSError, ValueError, http.client.HTTPException) as error:
    sys.exit(str(error))
if len(page) > MOST:
    sys.exit("it is larger than %d MiB" % (MOST >> 20))
sys.stdout.buffer.write(page)
"""

def _impl(rctx):
    filename = rctx.attr.filename
    if len(rctx.attr.sha256) != 64:
        _stop(
            rctx,
            "sha256 is {}; it has to have 64 hexadecimal digits".format(repr(rctx.attr.sha256)),
            "Write the one that the index or `sha256sum` tells.",
        )
    if not _from_repository_cache(rctx):
        _from_index(rctx)
    if rctx.attr.build_file or rctx.attr.build_file_content:
        archive = filename + ".zip" if filename.endswith(".whl") else filename  # extract() goes by the name
        if archive != filename:
            rctx.symlink(filename, archive)
        rctx.extract(archive, stripPrefix = rctx.attr.strip_prefix)
        rctx.delete(archive)
        rctx.delete(filename)
        content = rctx.read(rctx.attr.build_file) if rctx.attr.build_file else rctx.attr.build_file_content
        rctx.file("BUILD.bazel", content)
    else:
        rctx.file("BUILD.bazel", _BUILD_FILE.format(filename = repr(filename)))

    # The hash is the file's, wherever it came from.
    return rctx.repo_metadata(reproducible = True) if hasattr(rctx, "repo_metadata") else None

def _from_repository_cache(rctx):
    """Takes the file from Bazel's repository cache, so that nobody needs the index, or a network, for it again."""
    found = rctx.download(
        url = [],  # nowhere else
        output = rctx.attr.filename,
        sha256 = rctx.attr.sha256,
        allow_fail = True,
    )
    return found.success

def _from_index(rctx):
    index_url, login, password = split_credentials(_index_url(rctx))
    page_url = index_page_url(index_url, rctx.attr.distribution)
    page, problem = _read_page(rctx, page_url, _auth(rctx, page_url, login, password))
    if page == None:
        _stop(
            rctx,
            "it is not in Bazel's repository cache, and the index could not be read at {}: {}".format(page_url, problem),
            _unreadable(rctx, problem),
        )
    files = read_index_page(page, page_url)
    if files == None:
        _stop(
            rctx,
            "what {} answers is not a package index's page (PEP 691 JSON or PEP 503 HTML)".format(page_url),
            "check the index's address, which comes from {}; a login page looks like this too.".format(_origin(rctx)),
        )
    if rctx.attr.filename not in files:
        _stop(
            rctx,
            "{} has no file of this name".format(page_url),
            "write one of those it has: {}.".format(", ".join(nearest_files(files.keys(), rctx.attr.filename)) or "none at all"),
        )
    file = files[rctx.attr.filename]
    if file.sha256 and file.sha256 != rctx.attr.sha256.lower():
        _stop(
            rctx,
            "its sha256 on the index is not the pinned one\n  pinned: {}\n  index:  {}".format(rctx.attr.sha256, file.sha256),
            "if you trust the index's file, write its sha256; if not, find out who changed it.",
        )

    # Files often lie on another host than the index; its password is not for that one.
    same_host = _host(file.url) == _host(page_url)
    rctx.download(
        url = file.url,
        output = rctx.attr.filename,
        sha256 = rctx.attr.sha256,
        auth = _auth(rctx, file.url, login if same_host else "", password),
    )

def _read_page(rctx, url, auth):
    """Reads a page of the index; returns (text, problem), one of them None."""
    if url.startswith("http://"):
        return _read_plain_http(rctx, url, auth.get(url, {}))
    page = rctx.download(
        url = url + "index.html" if url.startswith("file:") else url,
        output = "index_page",
        headers = {"Accept": _ACCEPT},
        auth = auth,
        allow_fail = True,
    )
    if not page.success:
        return None, _reason(rctx, url)
    text = rctx.read("index_page")
    rctx.delete("index_page")
    return text, None

def _unreadable(rctx, problem):
    """What to do where the index can't be read."""
    if "404" in problem:
        return "the index has no distribution {}: check its name, and the index, which comes from {}.".format(
            repr(rctx.attr.distribution),
            _origin(rctx),
        )
    return ("check the network and the index's address, which comes from {}. Without a network, have it in the repository cache " +
            "(--repository_cache), into which this brings it where there is one:\n    bazel fetch --repo=@@{}").format(
        _origin(rctx),
        rctx.name,
    )

def _reason(rctx, url):
    """Why Bazel could not download a page: it only prints that, but Python tells. Without credentials, which are not for this."""
    if rctx.which("python3") and url.startswith("https://"):
        _, problem = _read_plain_http(rctx, url, {})
        if problem:
            return problem
    return "the warning above has the reason"

def _read_plain_http(rctx, url, credentials):
    """Bazel downloads over plain http only what has a hash, which a page has not; Python does it here."""
    python = rctx.which("python3")
    if not python:
        return None, "Bazel reads index pages over https only, and there is no python3 on PATH to do it over http"
    result = rctx.execute([python, "-I", "-c", _READ_PLAIN_HTTP], environment = {
        "PAGE_ACCEPT": _ACCEPT,
        "PAGE_LOGIN": credentials.get("login", ""),
        "PAGE_PASSWORD": credentials.get("password", ""),
        "PAGE_URL": url,
    })
    return (result.stdout, None) if result.return_code == 0 else (None, result.stderr.strip())

def _index_url(rctx):
    """The index: the attribute's, PIP_INDEX_URL's, or pip's own."""
    url = rctx.attr.index_url or rctx.os.environ.get("PIP_INDEX_URL", "")
    if url:
        return url
    python = rctx.which("python3")
    if python:
        result = rctx.execute([python, "-c", _ASK_PIP])
        if result.return_code == 0 and result.stdout.strip():
            return result.stdout.strip()
    return _stop(
        rctx,
        "no package index is configured: there is no PIP_INDEX_URL, and no pip on PATH to ask",
        "write `common --repo_env=PIP_INDEX_URL=<your index, ending in /simple>` into .bazelrc.",
    )

def _origin(rctx):
    if rctx.attr.index_url:
        return "`index_url` in MODULE.bazel"
    if rctx.os.environ.get("PIP_INDEX_URL"):
        return "PIP_INDEX_URL (of .bazelrc or the environment, or what bazelw takes from pip's configuration)"
    return "pip's configuration"

def _auth(rctx, url, login, password):
    if login:
        return {url: {"login": login, "password": password, "type": "basic"}}
    return use_netrc(read_user_netrc(rctx), [url], {})

def _host(url):
    return url.partition("://")[2].partition("/")[0]

def _stop(rctx, what, fix):
    name = getattr(rctx, "original_name", "") or rctx.name
    refuse("{}: {}.".format(rctx.attr.filename, what), fix = fix, where = "repository @" + name)

index_file_repo = repository_rule(
    implementation = _impl,
    doc = """Gets one file from the package index, by distribution, file name and sha256.

The index is `index_url`, or PIP_INDEX_URL (`--repo_env=PIP_INDEX_URL=...`), or what pip is configured with. Bazel's own
downloader does the transfer: its repository cache, mirrors, credential helpers and .netrc work as for `http_archive`.
""",
    attrs = INDEX_FILE_ATTRS,
    environ = ["PIP_INDEX_URL", "PIP_CONFIG_FILE"],
)
