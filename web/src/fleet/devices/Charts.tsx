/** The device's readings over time: one chart each, one time for all, live at the right end. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { devicesReadMetrics, type DeviceOut, type Series } from "@/api";
import { useLive } from "@/realtime/hooks";
import { Chart } from "@/ui/Chart";
import { Changed } from "@/ui/changed";
import { ErrorState } from "@/ui/states";
import { bounds, isLive, type Range } from "@/ui/TimeRange";
import { fleet as t } from "../texts";
import { METRICS, reading, type MetricName } from "./state";

const WIDTH = 800;

export function Charts({ device, range }: { device: DeviceOut; range: Range }) {
  const queries = useQueryClient();
  const [now, setNow] = useState(Date.now());
  const span = bounds(range, now) ?? { from: now - 3_600_000, to: now };
  const key = ["series", device.id, range];
  const series = useQuery({
    queryKey: key,
    queryFn: async () => {
      const at = bounds(range) ?? span;
      const query = { from: new Date(at.from).toISOString(), to: new Date(at.to).toISOString(), width: WIDTH };
      return (await devicesReadMetrics({ path: { device_id: device.id }, query, throwOnError: true })).data;
    },
    refetchInterval: isLive(range) ? 60_000 : false,
  });
  useLive(
    [`device:${device.id}`],
    (frame) => {
      if (frame.event !== "device:metric" || !isLive(range)) return;
      const { ts, metrics } = frame.data as { ts: number; metrics: Record<MetricName, number | null> };
      queries.setQueryData<Series>(key, (known) => (known ? appended(known, Math.round(ts / 1000), metrics) : known));
      setNow(Date.now());
    },
    () => void queries.invalidateQueries({ queryKey: key }),
  );
  useEffect(() => {
    if (!isLive(range)) return;
    const timer = setInterval(() => setNow(Date.now()), 5000);
    return () => clearInterval(timer);
  }, [range]);
  if (series.error) return <ErrorState error={series.error} retry={() => void series.refetch()} />;
  return (
    <div className="charts">
      {METRICS.map((metric) => <One key={metric} metric={metric} device={device} series={series.data} from={span.from} to={span.to} />)}
    </div>
  );
}

function One({ metric, device, series, from, to }: { metric: MetricName; device: DeviceOut; series: Series | undefined; from: number; to: number }) {
  const band = series?.metrics[metric];
  const percent = metric === "cpu" || metric === "memory" || metric === "disk";
  const has = useMemo(() => band?.avg.some((value) => value !== null) ?? false, [band]);
  return (
    <section className="chart-box">
      <div className="chart-head">
        <h2 className="label">{t.metrics[metric]}</h2>
        <span className="strong"><Changed value={reading(metric, device[metric])}>{reading(metric, device[metric])}</Changed></span>
      </div>
      {series && !has ? (
        <p className="dimmer" style={{ paddingBottom: "var(--s3)" }}>{metric === "temperature" && device.temperature === null ? t.noTemperature : t.noData}</p>
      ) : (
        <Chart label={t.metrics[metric]} times={series?.times ?? []} average={band?.avg ?? []} low={band?.min} high={band?.max} from={from} to={to} bottom={percent || metric === "latency" ? 0 : undefined} top={percent ? 100 : undefined} format={(value) => reading(metric, value)} height={percent ? 120 : 110} sync={`device ${device.id}`} />
      )}
    </section>
  );
}

/** The series with one more reading at its end; one that is already there is replaced. */
export function appended(series: Series, time: number, values: Partial<Record<MetricName, number | null>>): Series {
  const last = series.times.at(-1) ?? 0;
  if (time <= last) return series;
  const metrics = Object.fromEntries(
    Object.entries(series.metrics).map(([name, band]) => {
      const value = values[name as MetricName] ?? null;
      return [name, { ...band, avg: [...band.avg, value], min: [...band.min, value], max: [...band.max, value] }];
    }),
  ) as Series["metrics"];
  return { ...series, times: [...series.times, time], metrics };
}
