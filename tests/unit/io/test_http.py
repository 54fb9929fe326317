"""Fetching from an address that nothing can be asked with: what is said of it repeats none of its secrets."""

from __future__ import annotations

import pytest

from osgate.errors import Undecided
from osgate.io.http import fetch


@pytest.mark.parametrize("address", ["http://robot:hush@127.0.0.1:x/", "http://127.0.0.1:1/hush here", "http://[hush"])
def test_an_address_that_is_not_well_formed_is_not_repeated(address: str) -> None:
    with pytest.raises(Undecided) as caught:
        fetch(address, "manifest.json", limit=10, seconds=10)
    assert caught.value.code == "fetch.ill-formed"
    assert "hush" not in str(caught.value) + str(caught.value.params)
