"""An import contract of our own: a module is entered by its front door only."""

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output

DOORS = ("events", "public")


class FrontDoor(Contract):
    """Of a neighbour, a module may import `events` and `public` and nothing else. New modules join by themselves."""

    modules = fields.ModuleField()  # pyright: ignore[reportUnknownMemberType]

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001 - the library's signature
        """Find each import from one module's inside into another's."""
        floor = str(getattr(self.modules, "name"))  # noqa: B009 - a field becomes its value
        broken: list[tuple[str, str, list[int]]] = []
        for importer in sorted(graph.find_descendants(floor)):
            own = importer.split(".")[: floor.count(".") + 2]
            for imported in sorted(graph.find_modules_directly_imported_by(importer)):
                parts = imported.split(".")
                if not imported.startswith(f"{floor}.") or parts[: len(own)] == own:
                    continue
                if parts[len(own) : len(own) + 1] and parts[len(own)] in DOORS:
                    continue
                lines = [
                    int(detail["line_number"])
                    for detail in graph.get_import_details(importer=importer, imported=imported)
                ]
                broken.append((importer, imported, lines))
        return ContractCheck(kept=not broken, metadata={"broken": broken})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Name each import and the cure."""
        for importer, imported, lines in check.metadata["broken"]:
            output.print_error(f"{importer}:{lines} imports {imported}. Put what you need into its public.py.")
