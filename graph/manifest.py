"""Plans persisted documents before their first request, from manifests in Apollo's format."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ValidationError

from core.settings import SettingsError
from graph.documents import OperationKind
from graph.engine import Graph, RequestRejected


class ManifestError(SettingsError):
    """The manifest is unusable. The text names the file, the document and the problem."""


class PersistedOperation(BaseModel):
    """One document, whose text defines the operation `name`."""

    id: str
    body: str
    name: str
    type: OperationKind


class Manifest(BaseModel):
    """A file as `@apollo/generate-persisted-query-manifest` writes it."""

    format: Literal["apollo-persisted-query-manifest"]
    version: Literal[1]
    operations: list[PersistedOperation]


def plan_manifest(graph: Graph, path: Path) -> None:
    """Plan every operation of a manifest. Raises ManifestError for one that could not run."""
    for each in read_manifest(path):
        try:
            operation = graph.prepare(each.body, operation_name=each.name, variables={})
        except RequestRejected as rejection:
            problem = rejection.errors[0]["message"]
        else:
            if operation.kind is each.type:
                continue
            problem = f"It is a {operation.kind}, not a {each.type}."
        message = f"The manifest {path} has a document that cannot run, '{each.name}': {problem}"
        raise ManifestError(message)


def read_manifest(path: Path) -> list[PersistedOperation]:
    """The operations of a manifest. Raises ManifestError."""
    try:
        return Manifest.model_validate_json(path.read_bytes()).operations
    except OSError as error:
        message = f"The manifest {path} cannot be read: {error.strerror}."
        raise ManifestError(message) from None
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, problem["loc"])) or "the file"
        message = f"The manifest {path} is wrong at {place}: {problem['msg']}."
        raise ManifestError(message) from None
