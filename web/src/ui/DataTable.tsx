/** A list of facts: a thousand rows stay quick, J and K move, Enter opens, X selects. Only what is seen is drawn. */

import { Checkbox } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { useCommands } from "@/shell/commands";
import { t } from "@/texts";
import "./table.css";

export interface Column<Row> {
  id: string;
  head: string;
  cell: (row: Row) => ReactNode;
  /** CSS grid width, such as `minmax(160px, 2fr)` or `96px`. */
  width: string;
  number?: boolean;
  /** Left out on a phone. */
  desk?: boolean;
  csv?: (row: Row) => string | number | null;
}

export interface DataTableProps<Row> {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  id: (row: Row) => string;
  name: (row: Row) => string;
  selected?: string | null;
  onOpen?: (row: Row | null) => void;
  picked?: ReadonlySet<string>;
  onPick?: (picked: Set<string>) => void;
  more?: () => void;
  height?: number;
}

export function DataTable<Row>(props: DataTableProps<Row>) {
  const { rows, columns, id, name, selected, onOpen, picked, onPick, more, label, height = 40 } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(-1);
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => height, overscan: 12 });
  const items = virtual.getVirtualItems();
  const last = items[items.length - 1]?.index ?? -1;
  useEffect(() => {
    if (more && last >= rows.length - 5) more();
  }, [more, last, rows.length]);
  const current = at >= 0 ? at : rows.findIndex((row) => id(row) === selected);
  const move = (step: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, current + step));
    setAt(next);
    virtual.scrollToIndex(next);
    const row = rows[next];
    if (row && selected && onOpen) onOpen(row);
  };
  const pick = (row: Row | undefined) => {
    if (!row || !onPick || !picked) return;
    const next = new Set(picked);
    if (!next.delete(id(row))) next.add(id(row));
    onPick(next);
  };
  const open = rows[current];
  useCommands([
    { id: "table down", label: t.table.down, keys: "j", quiet: true, repeats: true, run: () => move(1) },
    { id: "table up", label: t.table.up, keys: "k", quiet: true, repeats: true, run: () => move(-1) },
    ...(onOpen
      ? [
          { id: "table open", label: t.table.open, keys: "Enter", quiet: true, disabled: open ? undefined : "-", run: () => open && onOpen(open) },
          { id: "table close", label: t.table.close, keys: "Escape", quiet: true, run: () => { setAt(-1); onOpen(null); } },
        ]
      : []),
    ...(onPick ? [{ id: "table pick", label: t.table.pick, keys: "x", quiet: true, run: () => pick(open) }] : []),
  ]);
  const template = [onPick ? "40px" : "", ...columns.map((column) => column.width)].join(" ");
  const phone = [onPick ? "48px" : "", ...columns.filter((column) => !column.desk).map((column) => column.width)].join(" ");
  const style = { ["--cols" as string]: template, ["--cols-phone" as string]: phone };
  return (
    <div className="table" role="table" aria-label={label} aria-rowcount={rows.length} style={style}>
      <div className="thead" role="row">
        {onPick && picked ? (
          <span role="columnheader" className="pick">
            <Checkbox size="xs" aria-label={t.table.pickAll} checked={picked.size > 0 && picked.size === rows.length} indeterminate={picked.size > 0 && picked.size < rows.length} onChange={() => onPick(picked.size === rows.length ? new Set() : new Set(rows.map(id)))} />
          </span>
        ) : null}
        {columns.map((column) => (
          <span key={column.id} role="columnheader" className={[column.number ? "num" : "", column.desk ? "desk" : ""].join(" ")}>{column.head}</span>
        ))}
      </div>
      <div className="tbody" role="rowgroup" tabIndex={0} aria-label={label} ref={scroller}>
        <div role="presentation" style={{ height: virtual.getTotalSize(), position: "relative" }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            const key = id(row);
            return (
              <div
                key={key}
                role="row"
                aria-rowindex={item.index + 1}
                aria-selected={key === selected}
                data-current={item.index === current || undefined}
                className="trow"
                style={{ height, transform: `translateY(${item.start}px)` }}
                onClick={() => { setAt(item.index); onOpen?.(row); }}
              >
                {onPick && picked ? (
                  <span role="cell" className="pick" onClick={(event) => event.stopPropagation()}>
                    <Checkbox size="xs" aria-label={t.table.pickOne(name(row))} checked={picked.has(key)} onChange={() => pick(row)} />
                  </span>
                ) : null}
                {columns.map((column) => (
                  <span key={column.id} role="cell" className={["cut", column.number ? "num" : "", column.desk ? "desk" : ""].join(" ")}>{column.cell(row)}</span>
                ))}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
