"""The shape of OpenFGA's JSON of a model, as it goes over the wire."""

from typing import Any

import msgspec


class ObjectRelation(msgspec.Struct, omit_defaults=True):
    """The name of a relation; `object` is always empty in a model."""

    relation: str = ""
    object: str = ""


class TuplesetRewrite(msgspec.Struct, rename="camel"):
    """`computedUserset from tupleset`."""

    tupleset: ObjectRelation
    computed_userset: ObjectRelation


class Children(msgspec.Struct):
    """The operands of a union or an intersection."""

    child: list["Userset"]


class Difference(msgspec.Struct):
    """Base and what is subtracted."""

    base: "Userset"
    subtract: "Userset"


class Userset(msgspec.Struct, rename="camel", omit_defaults=True):
    """A rewrite; exactly one of its fields is set."""

    this: dict[str, Any] | None = None
    computed_userset: ObjectRelation | None = None
    tuple_to_userset: TuplesetRewrite | None = None
    union: Children | None = None
    intersection: Children | None = None
    difference: Difference | None = None


class SourceInfo(msgspec.Struct, omit_defaults=True):
    """The file that a thing comes from."""

    file: str | None = None


class UserType(msgspec.Struct, omit_defaults=True):
    """A kind of user that may be assigned."""

    type: str
    relation: str | None = None
    wildcard: dict[str, Any] | None = None
    condition: str | None = None


class RelationMetadata(msgspec.Struct, omit_defaults=True):
    """What may be assigned to a relation, and who declares it."""

    directly_related_user_types: list[UserType] | None = None
    module: str | None = None
    source_info: SourceInfo | None = None


class TypeMetadata(msgspec.Struct, omit_defaults=True):
    """The metadata of a type and of its relations."""

    relations: dict[str, RelationMetadata] | None = None
    module: str | None = None
    source_info: SourceInfo | None = None


class TypeDefinition(msgspec.Struct, omit_defaults=True):
    """A type with its relations."""

    type: str
    relations: dict[str, Userset] | None = None
    metadata: TypeMetadata | None = None


class ParameterReference(msgspec.Struct, omit_defaults=True):
    """The type of a parameter, such as TYPE_NAME_LIST of TYPE_NAME_STRING."""

    type_name: str
    generic_types: list["ParameterReference"] | None = None


class ConditionMetadata(msgspec.Struct, omit_defaults=True):
    """Who declares a condition."""

    module: str | None = None
    source_info: SourceInfo | None = None


class ConditionForm(msgspec.Struct, omit_defaults=True):
    """A condition."""

    name: str
    expression: str
    parameters: dict[str, ParameterReference] | None = None
    metadata: ConditionMetadata | None = None


class ModelForm(msgspec.Struct, omit_defaults=True):
    """A whole model."""

    schema_version: str = ""
    type_definitions: list[TypeDefinition] = []
    conditions: dict[str, ConditionForm] | None = None
