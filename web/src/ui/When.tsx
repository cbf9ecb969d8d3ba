/** Moments: how long ago, with the exact time and its zone on asking; or in full. */

import { Tooltip } from "@mantine/core";
import { useEffect, useState, useSyncExternalStore } from "react";
import { ago, exact, moment } from "./time";
import { watchZone, zoneOf } from "./zone";

/** `site` is the site where it happened, if that is not the one that is looked at. */
export function When({ time, site }: { time: string | null; site?: string | null }) {
  const [, tick] = useState(0);
  useSyncExternalStore(watchZone, zoneOf);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 20_000);
    return () => clearInterval(timer);
  }, []);
  if (time === null) return <span className="dimmer">never</span>;
  return (
    <Tooltip label={exact(time, site)}>
      <time dateTime={time}>{ago(time)}</time>
    </Tooltip>
  );
}

/** A moment in full. */
export function Moment({ time, site }: { time: string; site?: string | null }) {
  useSyncExternalStore(watchZone, zoneOf);
  return <time dateTime={time} title={exact(time, site)}>{moment(time, site)}</time>;
}
