/** Work in the background: what waits, what failed and why, what runs next. */

import { Button } from "@mantine/core";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { jobsList, jobsOverview, jobsRetry, type JobOut, type JobStatus } from "@/api";
import { useAct } from "@/client/act";
import { useMay } from "@/client/me";
import { useLive } from "@/realtime/hooks";
import { useAddress } from "@/shell/address";
import { t } from "@/texts";
import { Chips } from "@/ui/Chips";
import { DataTable, type Column } from "@/ui/DataTable";
import { StateLamp, type State } from "@/ui/glyphs";
import { Facts, Page, Panel, Section } from "@/ui/Page";
import { Empty, ErrorLine, ErrorState, Loading } from "@/ui/states";
import { tell } from "@/ui/Toasts";
import { When } from "@/ui/When";

const LAMPS: Record<JobStatus, State> = { queued: "pending", running: "running", failed: "crashed", done: "ok" };

export interface JobsSearch {
  status?: JobStatus;
  job?: string;
}

const columns: Column<JobOut>[] = [
  { id: "title", head: t.jobs.what, width: "minmax(140px, 2fr)", cell: (job) => <><span className="strong">{job.title}</span> <span className="dimmer mono desk">{job.name}</span></> },
  { id: "status", head: t.jobs.status, width: "120px", cell: (job) => <StateLamp state={LAMPS[job.status]} word={t.jobs.states[job.status]} /> },
  { id: "attempts", head: t.jobs.attempts, width: "80px", number: true, desk: true, cell: (job) => job.attempts },
  { id: "by", head: t.jobs.by, width: "minmax(90px, 1fr)", desk: true, cell: (job) => job.actor_label },
  { id: "when", head: t.jobs.when, width: "120px", desk: true, cell: (job) => <When time={job.finished_at ?? job.started_at ?? job.run_at} /> },
];

export function JobsPage() {
  const [search, set] = useAddress<JobsSearch>("job");
  const queries = useQueryClient();
  const overview = useQuery({ queryKey: ["jobs", "overview"], queryFn: async () => (await jobsOverview({ throwOnError: true })).data });
  const list = useInfiniteQuery({
    queryKey: ["jobs", "list", search.status ?? ""],
    queryFn: async ({ pageParam }) => (await jobsList({ query: { status: search.status, after: pageParam }, throwOnError: true })).data,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
  const reload = () => void queries.invalidateQueries({ queryKey: ["jobs"] });
  useLive(["jobs"], reload, reload);
  const rows = list.data?.pages.flatMap((page) => page.items) ?? [];
  const open = rows.find((job) => job.id === search.job);
  const counts = overview.data;
  const chips = (["queued", "running", "failed", "done"] as const).map((status) => ({
    value: status,
    word: t.jobs.states[status],
    state: LAMPS[status],
    count: counts?.[status],
  }));
  return (
    <Page
      title={t.jobs.title}
      bar={<Chips label={t.jobs.status} chips={chips} on={search.status ? [search.status] : []} onChange={(on) => set({ status: on.at(-1) as JobStatus | undefined })} />}
      panel={
        open ? (
          <Panel label={open.title} onClose={() => set({ job: undefined })}><JobPanel job={open} reload={reload} /></Panel>
        ) : counts ? (
          <Panel label={t.jobs.periodic} onClose={() => undefined}>
            <Section title={t.jobs.periodic}>
              <Facts rows={counts.periodic.map((one) => [one.title, <When key={one.name} time={one.next_run} />] as const)} />
            </Section>
          </Panel>
        ) : null
      }
    >
      {list.error ? <ErrorState error={list.error} retry={() => void list.refetch()} /> : null}
      {list.isPending ? <Loading /> : null}
      {list.data && rows.length === 0 ? <Empty title={t.jobs.none}>{t.jobs.noneDetail}</Empty> : null}
      {rows.length > 0 ? (
        <DataTable label={t.jobs.title} rows={rows} columns={columns} id={(job) => job.id} name={(job) => job.title} selected={search.job} onOpen={(job) => set({ job: job?.id })} more={list.hasNextPage ? () => void list.fetchNextPage() : undefined} />
      ) : null}
    </Page>
  );
}

function JobPanel({ job, reload }: { job: JobOut; reload: () => void }) {
  const may = useMay();
  const act = useAct();
  const retry = () =>
    act.run(async () => {
      await jobsRetry({ path: { job_id: job.id }, throwOnError: true });
      reload();
      tell(t.jobs.retried(job.title));
    });
  return (
    <>
      <Section>
        <h2>{job.title}</h2>
        <span className="mono dimmer">{job.name}</span>
        <StateLamp state={LAMPS[job.status]} word={t.jobs.states[job.status]} />
        {job.status === "failed" && may("kernel.job.retry") ? (
          <Button variant="filled" loading={act.busy} onClick={() => void retry()}>{t.jobs.retry}</Button>
        ) : null}
        <ErrorLine error={act.error} />
      </Section>
      {job.error ? <Section title={t.jobs.error}><p className="mono" style={{ overflowWrap: "anywhere" }}>{job.error}</p></Section> : null}
      <Section title={t.jobs.facts}>
        <Facts
          rows={[
            [t.jobs.by, job.actor_label],
            [t.jobs.attempts, job.most_attempts ? `${job.attempts} / ${job.most_attempts}` : job.attempts],
            [t.jobs.runAt, <When key="r" time={job.run_at} />],
            [t.jobs.startedAt, <When key="s" time={job.started_at} />],
            [t.jobs.finishedAt, <When key="f" time={job.finished_at} />],
          ]}
        />
      </Section>
    </>
  );
}
