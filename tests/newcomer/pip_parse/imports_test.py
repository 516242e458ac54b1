"""docopt has only an sdist on the index, six has a wheel as well."""

import docopt
import six

assert docopt.docopt("Usage: x NAME", [six.text_type("y")])["NAME"] == "y"
