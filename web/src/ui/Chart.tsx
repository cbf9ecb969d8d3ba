/** One series over time: the average as an ink line, minimum to maximum as a band, gaps as gaps. */

import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { exact } from "./time";
import { zoneOf } from "./zone";
import "./chart.css";

export interface ChartProps {
  label: string;
  /** Seconds since the epoch, ascending. */
  times: readonly number[];
  average: readonly (number | null)[];
  low?: readonly (number | null)[];
  high?: readonly (number | null)[];
  from: number;
  to: number;
  /** The value axis; left open where null. */
  bottom?: number;
  top?: number;
  format: (value: number) => string;
  height?: number;
  sync?: string;
}

const token = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export function Chart(props: ChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const make = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(latest, element.clientWidth), data(latest.current), element);
    };
    make();
    const sized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: latest.current.height ?? 140 }));
    sized.observe(element);
    const themed = new MutationObserver(make);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-mantine-color-scheme"] });
    return () => {
      sized.disconnect();
      themed.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, []);
  useEffect(() => {
    plot.current?.batch(() => {
      plot.current?.setData(data(props), false);
      plot.current?.setScale("x", { min: props.from / 1000, max: props.to / 1000 });
    });
  }, [props]);
  return <div ref={holder} className="chart" role="img" aria-label={props.label} style={{ height: props.height ?? 140 }} />;
}

function data(props: ChartProps): uPlot.AlignedData {
  const { times, average } = props;
  return [[...times], [...(props.high ?? average)], [...(props.low ?? average)], [...average]] as uPlot.AlignedData;
}

function options(latest: { current: ChartProps }, width: number): uPlot.Options {
  const props = latest.current;
  const line = token("--line");
  const axis = { stroke: token("--text-3"), font: `11px ${token("--font")}`, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 } };
  return {
    width,
    height: props.height ?? 140,
    cursor: { y: false, points: { size: 6 }, sync: props.sync ? { key: props.sync } : undefined, drag: { x: false, y: false } },
    legend: { show: false },
    tzDate: (time) => inZone(new Date(time * 1000)),
    scales: {
      x: { time: true, range: () => [latest.current.from / 1000, latest.current.to / 1000] },
      y: { range: (_plot, low, high) => spread(latest.current, low, high) },
    },
    axes: [
      { ...axis, space: 70, values: (_plot, times) => times.map((time) => tick(time, (times[1] ?? time) - (times[0] ?? time))) },
      { ...axis, size: 52, space: 22, values: (_plot, values) => values.map((value) => latest.current.format(value)) },
    ],
    series: [
      {},
      { stroke: "transparent", points: { show: false } },
      { stroke: "transparent", points: { show: false } },
      { stroke: token("--text"), width: 1.5, points: { show: false }, spanGaps: false },
    ],
    bands: [{ series: [1, 2], fill: token("--press") }],
    hooks: { setCursor: [readout(latest)] },
  };
}

function inZone(date: Date): Date {
  const zone = zoneOf();
  return zone ? uPlot.tzDate(date, zone) : date;
}

/** `19:30` below a day's step, `21 Nov` above, in the reader's own order. */
function tick(time: number, step: number): string {
  const date = new Date(time * 1000);
  const timeZone = zoneOf();
  const clock = date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone });
  if (step >= 86_400 || clock === "00:00") return date.toLocaleDateString(undefined, { day: "numeric", month: "short", timeZone });
  return clock;
}

export function spread(props: Pick<ChartProps, "bottom" | "top">, low: number | null, high: number | null): [number, number] {
  const bottom = props.bottom ?? (low === null ? 0 : low - Math.max(1, ((high ?? low) - low) * 0.1));
  const top = props.top ?? (high === null ? bottom + 1 : Math.max(high * 1.1, bottom + 1));
  return [bottom, top];
}

/** The value under the pointer, in the chart's own corner: nothing floats. */
function readout(latest: { current: ChartProps }) {
  return (plot: uPlot) => {
    const at = plot.cursor.idx;
    const value = at === null || at === undefined ? null : plot.data[3]?.[at];
    const time = at === null || at === undefined ? null : plot.data[0][at];
    plot.root.dataset.readout =
      value === null || value === undefined || !time ? "" : `${exact(time * 1000)}  ${latest.current.format(value)}`;
  };
}
