/** A page's frame: its title in the top bar, a bar of filters, the list and the panel beside it. */

import { useEffect, useState, type ReactNode } from "react";
import { createPortal } from "react-dom";
import { useSecondClick } from "./doubleClick";
import "./page.css";

function Into({ id, children }: { id: string; children: ReactNode }) {
  const [target, setTarget] = useState<HTMLElement | null>(null);
  useEffect(() => setTarget(document.getElementById(id)), [id]);
  return target ? createPortal(children, target) : null;
}

export function Page({ title, subtitle, bar, panel, children }: { title: string; subtitle?: ReactNode; bar?: ReactNode; panel?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Gamekeeper`;
  }, [title]);
  return (
    <>
      <Into id="page-title"><h1 className="title">{title}</h1></Into>
      <Into id="page-subtitle">{subtitle}</Into>
      {bar ? <div className="bar">{bar}</div> : null}
      <div className="page">
        <div className="page-main">{children}</div>
        {panel}
      </div>
    </>
  );
}

/** The panel of what is selected: beside the list at a desk, a sheet over it on a phone. */
export function Panel({ label, onClose, children }: { label: string; onClose: () => void; children: ReactNode }) {
  return (
    <aside className="panel" aria-label={label} tabIndex={0} data-panel onClickCapture={useSecondClick(label)}>
      <button type="button" className="panel-grip phone" aria-label="Close" onClick={onClose} />
      {children}
    </aside>
  );
}

export function Section({ title, action, children }: { title?: ReactNode; action?: ReactNode; children: ReactNode }) {
  return (
    <section className="sec">
      {title ? <div className="row between"><h2 className="label">{title}</h2>{action}</div> : null}
      {children}
    </section>
  );
}

/** Facts in two columns; what is not known is left out. */
export function Facts({ rows }: { rows: readonly (readonly [string, ReactNode])[] }) {
  return (
    <dl className="facts">
      {rows.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([name, value]) => (
        <div key={name}><dt>{name}</dt><dd>{value}</dd></div>
      ))}
    </dl>
  );
}
