"""Reads the page that a package index has for one distribution (PEP 691 JSON, or PEP 503 HTML). Pure functions."""

def index_page_url(index_url, distribution):
    """The address of a distribution's page.

    Args:
        index_url: the index, with or without a slash at its end.
        distribution: its name, in any spelling.

    Returns:
        the address, with the name normalised as PEP 503 asks for and a slash at its end.
    """
    name = distribution.lower().replace("_", "-").replace(".", "-")
    return "{}/{}/".format(index_url.rstrip("/"), "-".join([word for word in name.split("-") if word]))

def read_index_page(text, page_url):
    """All files that a page offers.

    Args:
        text: the page's content.
        page_url: its address, to which the files' addresses may be relative.

    Returns:
        a dict of struct(url, sha256, yanked) by file name, sha256 being "" where the index tells none;
        None when the text is not such a page.
    """
    stripped = text.strip()
    if stripped.startswith("{"):
        return _read_json(stripped, page_url)
    if stripped.startswith("<"):
        return _read_html(stripped, page_url)
    return None

def nearest_files(names, wanted):
    """The names most like one that is not there, the nearest first, and at most eight.

    Args:
        names: list of file names.
        wanted: the name that is not among them; sdists come first where it is one's, wheels where it is a wheel's.
    """
    plain = _plain(wanted)

    def distance(name):
        other = _plain(name)
        common = 0
        for place in range(min(len(plain), len(other))):
            if plain[place] != other[place]:
                break
            common += 1
        return (name.endswith(".whl") != wanted.endswith(".whl"), -common, len(other), name)

    return sorted(names, key = distance)[:8]

def _plain(name):
    return name.lower().replace("-", "_").replace(".", "_")

def _read_json(text, page_url):
    page = json.decode(text, default = None)
    if type(page) != "dict" or type(page.get("files")) != "list":
        return None
    files = {}
    for entry in page["files"]:
        if type(entry) != "dict" or "filename" not in entry or "url" not in entry:
            return None
        files[entry["filename"]] = struct(
            url = join_url(page_url, entry["url"].partition("#")[0]),
            sha256 = (entry.get("hashes") or {}).get("sha256", "").lower(),
            yanked = bool(entry.get("yanked")),
        )
    return files

def _read_html(text, page_url):
    lower = text.lower()
    if "<a" not in lower and "<html" not in lower and "<!doctype html" not in lower:
        return None
    files = {}
    for piece in text.replace("<A ", "<a ").split("<a ")[1:]:
        attributes, _, rest = piece.partition(">")
        name = rest.partition("<")[0].strip()
        href = _attribute(attributes, "href")
        if not name or not href:
            continue
        url, _, fragment = href.partition("#")
        files[_unescape(name)] = struct(
            url = join_url(page_url, url),
            sha256 = fragment.removeprefix("sha256=").lower() if fragment.startswith("sha256=") else "",
            yanked = "data-yanked" in attributes,
        )
    return files

def _attribute(attributes, name):
    for quote in ["\"", "'"]:
        _, found, rest = attributes.partition(name + "=" + quote)
        if found:
            return _unescape(rest.partition(quote)[0])
    return ""

def _unescape(text):
    return text.replace("&quot;", "\"").replace("&#43;", "+").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")

def join_url(base, url):
    """Resolves an address that may be relative (RFC 3986, for the forms that index pages have).

    Args:
        base: an absolute address.
        url: absolute ("https://..."), of the same scheme ("//host/x"), of the same host ("/x") or relative ("../x").

    Returns:
        the absolute address.
    """
    if "://" in url.partition("/")[0] + url[:16]:
        return url
    scheme, _, rest = base.partition("://")
    if url.startswith("//"):
        return scheme + ":" + url
    host, _, path = rest.partition("/")
    parts = [] if url.startswith("/") else path.partition("?")[0].split("/")[:-1]
    for part in url.removeprefix("/").split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts = parts + [part]
    return "{}://{}/{}".format(scheme, host, "/".join(parts))

def split_credentials(url):
    """Takes user and password out of an address, as Bazel's downloader wants them apart.

    Args:
        url: such as "https://user:password@host/simple"; percent escapes are undone.

    Returns:
        (url without them, login or "", password or "").
    """
    scheme, colon, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    userinfo, at, host_only = host.rpartition("@")
    if not at:
        return url, "", ""
    login, _, password = userinfo.partition(":")
    return scheme + colon + host_only + slash + path, _unquote(login), _unquote(password)

def _unquote(text):
    pieces = text.split("%")
    result = pieces[0]
    for piece in pieces[1:]:
        code = piece[:2]
        result += _ASCII.get(code.upper(), "%" + code) + piece[2:]
    return result

_PRINTABLE = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~"
_ASCII = {"%X" % (32 + position): _PRINTABLE[position] for position in range(len(_PRINTABLE))}
