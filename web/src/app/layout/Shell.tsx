import { Drawer, Grid, Layout } from "antd";
import { Suspense, useRef, useState } from "react";
import { Outlet, useNavigate, useNavigation } from "react-router";

import { useHotkeys } from "@/shared/hooks";
import { useTexts } from "@/shared/i18n";
import { useSession } from "@/shared/session";
import { LoadingState, ProblemState } from "@/shared/ui";

import { SignIn } from "../access/SignIn";
import { DOMAINS } from "../domains";
import { KeyHelp } from "./KeyHelp";
import "./layout.css";
import { Brand, SideNav } from "./SideNav";
import { texts } from "./texts";
import { TopBar } from "./TopBar";

/** The frame around every page. Nobody gets past it without being signed in; what may be seen, the API decides. */
export function Shell() {
  const { phase, who, error, retry } = useSession();
  if (phase === "checking") return <Waiting />;
  if (phase === "lost") return <ProblemState error={error} retry={retry} />;
  return who === null || who.must_change ? <SignIn /> : <Frame />;
}

/** What stands there until a page and who signed in are known: never a blank window. */
export function Waiting() {
  return (
    <main className="page" aria-busy>
      <LoadingState />
    </main>
  );
}

function Frame() {
  const t = useTexts(texts);
  const wide = Grid.useBreakpoint().lg ?? innerWidth >= 992;
  const [open, setOpen] = useState(false);
  const [help, setHelp] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  const navigate = useNavigate();
  const waiting = useNavigation().state !== "idle";
  useHotkeys({
    "/": () => search.current?.focus(),
    "?": () => setHelp(true),
    ...Object.fromEntries(
      DOMAINS.flatMap(({ path, nav }) => (nav ? [[`g ${nav.key}`, () => void navigate(`/${start(path)}`)]] : [])),
    ),
  });
  return (
    <Layout className="frame">
      <a className="skip" href="#main">
        {t("skip")}
      </a>
      {wide ? (
        <Layout.Sider width={208} className="side" theme="light">
          <Brand />
          <SideNav />
        </Layout.Sider>
      ) : (
        <Drawer open={open} onClose={() => setOpen(false)} placement="left" size={260} title={<Brand />}>
          <SideNav onGo={() => setOpen(false)} />
        </Drawer>
      )}
      <Layout>
        <TopBar search={search} onMenu={wide ? undefined : () => setOpen(true)} onHelp={() => setHelp(true)} />
        <main id="main" className="page" tabIndex={-1} aria-busy={waiting}>
          <Suspense fallback={<LoadingState />}>
            <Outlet />
          </Suspense>
        </main>
      </Layout>
      <KeyHelp open={help} onClose={() => setHelp(false)} />
    </Layout>
  );
}

/** Where a domain's entry leads: to its first page. */
function start(path: string): string {
  const first = DOMAINS.find((one) => one.path === path)?.nav?.pages?.[0];
  return first ? `${path}/${first.path}` : path;
}
