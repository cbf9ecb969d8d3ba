/** Whether what is shown is true now, and if not, why. */

import { Tooltip } from "@mantine/core";
import { useEffect, useState } from "react";
import { useHealth } from "@/realtime/hooks";
import { t } from "@/texts";
import { StateLamp } from "./glyphs";

export function LiveLamp() {
  const health = useHealth();
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 5000);
    return () => clearInterval(timer);
  }, []);
  const age = Math.max(0, Math.round((now - health.newest) / 1000));
  const [state, word] = {
    live: ["ok", t.live.live] as const,
    behind: ["ending", t.live.behind(health.behind)] as const,
    connecting: ["pending", t.live.connecting] as const,
    offline: ["offline", t.live.offline] as const,
  }[health.state];
  return (
    <Tooltip label={[health.why, t.live.age(age)].filter(Boolean).join(" ")}>
      <span role="status" data-live={health.state}>
        <StateLamp state={state} word={word} />
      </span>
    </Tooltip>
  );
}
