"""How a person is named where people read: by id, by name, or by both with the employee number."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from osgate.model.policy import Person

# Where the policy does not say (`[names]` of osgate.toml): terminals show what commands take; what is kept and handed
# on tells everybody apart.
USUAL: Mapping[str, str] = {"terminal": "id", "export": "full", "digest": "full"}


def shown(id: str, people: Mapping[str, Person], how: str = "full") -> str:
    """Return how the person `id` is named. people: by id; how: `id`, `name` or `full`, as in 张三(zhangsan, E00123).

    A name that two persons share tells nobody apart, so it is shown in full. Somebody unknown is named by the id.
    """
    person = people.get(id)
    if how == "id" or person is None:
        return id
    if how == "name" and not any(other.name == person.name and other.id != id for other in people.values()):
        return person.name
    if person.name == id:
        return f"{id}({person.employee})" if person.employee else id
    return f"{person.name}({', '.join(filter(None, (id, person.employee)))})"


def namer(people: Mapping[str, Person], names: Mapping[str, str], surface: str) -> Callable[[str], str]:
    """Return the function from an id to how that person is named on `surface` (`terminal`, `export`, `digest`).

    names: what the policy says, by surface (ValidPolicy.names).
    """
    how = names.get(surface, USUAL[surface])
    return lambda id: shown(id, people, how)
