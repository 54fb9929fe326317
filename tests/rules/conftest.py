"""A verdict by itself touches no file: what rules load when they are first asked is loaded before."""

import loaded as loaded
