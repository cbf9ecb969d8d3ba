/** The agent's log: what is stored, and what it writes now while somebody follows. */

import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { devicesFollowLogs, devicesReadLogs, type DeviceOut, type LogLineOut } from "@/api";
import { useAct } from "@/client/act";
import { useLive } from "@/realtime/hooks";
import { ErrorLine, ErrorState } from "@/ui/states";
import { hour } from "@/ui/time";
import { fleet as t } from "../texts";

const MOST = 500;
const LOOK_EVERY = 5_000;
const RENEW_BEFORE = 60_000;

export function LogView({ device }: { device: DeviceOut }) {
  const queries = useQueryClient();
  const act = useAct();
  const key = ["logs", device.id];
  const log = useQuery({
    queryKey: key,
    queryFn: async () => {
      const stored = (await devicesReadLogs({ path: { device_id: device.id }, query: { limit: 200 }, throwOnError: true })).data.items.toReversed();
      const last = stored.at(-1)?.id;
      // What came while the answer was on its way stays: ids are in the order of time.
      return [...stored, ...(queries.getQueryData<LogLineOut[]>(key) ?? []).filter((line) => last === undefined || line.id > last)];
    },
  });
  const until = device.log_until === null ? 0 : Date.parse(device.log_until);
  const [now, setNow] = useState(Date.now());
  const following = until > now;
  const [mine, setMine] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useLive(
    log.error ? [] : [`device-log:${device.id}`],
    (frame) => {
      if (frame.event !== "device:log" || frame.data.device_id !== device.id) return;
      const lines = frame.data.lines as LogLineOut[];
      queries.setQueryData<LogLineOut[]>(key, (now) => {
        const known = new Set(now?.map((line) => line.id));
        return [...(now ?? []), ...lines.filter((line) => !known.has(line.id))].slice(-MOST);
      });
      // A whole restart may be more than one frame takes; the rest is read where it is stored.
      if (frame.data.more) void queries.invalidateQueries({ queryKey: key });
    },
    () => void queries.invalidateQueries({ queryKey: key }),
  );
  useEffect(() => {
    const element = box.current;
    // Only while somebody reads the end: whoever scrolled back stays there.
    if (element && element.scrollHeight - element.scrollTop - element.clientHeight < 80) element.scrollTop = element.scrollHeight;
  }, [log.data]);
  const ask = async (level: "info" | "off") => {
    await devicesFollowLogs({ path: { device_id: device.id }, body: { level }, throwOnError: true });
    setNow(Date.now());
    await queries.invalidateQueries({ queryKey: ["devices", "one", device.id] });
  };
  const follow = () =>
    act.run(async () => {
      await ask(following ? "off" : "info");
      setMine(!following);
    });
  const look = useEffectEvent(() => {
    setNow(Date.now());
    // For as long as whoever asked for it looks at it. A failure shows when it ends: it can be pressed again.
    if (mine && document.visibilityState === "visible" && until - Date.now() < RENEW_BEFORE) ask("info").catch(() => undefined);
  });
  useEffect(() => {
    if (!following) return;
    const timer = setInterval(() => look(), LOOK_EVERY);
    return () => clearInterval(timer);
  }, [following]);
  if (log.error) return <ErrorState error={log.error} retry={() => void log.refetch()} />;
  return (
    <>
      <div><Button size="compact-sm" loading={act.busy} onClick={() => void follow()}>{following ? t.unfollow : t.follow}</Button></div>
      <ErrorLine error={act.error} />
      {log.data?.length === 0 ? <p className="dimmer">{t.noLog}</p> : null}
      {log.data && log.data.length > 0 ? (
        <div className="log" ref={box} tabIndex={0} role="log" aria-label={t.log}>
          {log.data.map((line) => (
            <div key={line.id} className="log-line">
              <time className="dimmer" dateTime={line.at}>{hour(line.at, null, { second: "2-digit" })}</time>
              <span className={line.level === "error" ? "lamp is-fault" : line.level === "warning" ? "lamp is-ending" : "dim"}>{line.level}</span>
              <span>{line.message}</span>
            </div>
          ))}
        </div>
      ) : null}
    </>
  );
}
