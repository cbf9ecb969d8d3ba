/** A moment: how long ago, with the exact time on asking. */

import { Tooltip } from "@mantine/core";
import { useEffect, useState } from "react";
import { ago, exact } from "./time";

export function When({ time }: { time: string | null }) {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), 20_000);
    return () => clearInterval(timer);
  }, []);
  if (time === null) return <span className="dimmer">never</span>;
  return (
    <Tooltip label={exact(time)}>
      <time dateTime={time}>{ago(time)}</time>
    </Tooltip>
  );
}
