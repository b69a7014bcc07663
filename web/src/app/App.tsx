import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { App as AntApp, ConfigProvider } from "antd";
import en from "antd/locale/en_US";
import zh from "antd/locale/zh_CN";
import { useMemo } from "react";
import { RouterProvider } from "react-router";

import { problemOf } from "@/shared/api";
import { usePreferences } from "@/shared/hooks";
import { LanguageContext } from "@/shared/i18n";
import { SessionProvider } from "@/shared/session";
import { antTheme } from "@/shared/theme";

import { nonce } from "./nonce";
import { router } from "./router";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      // What was refused stays refused; a server that restarts is back in a moment.
      retry: (failures, error) => failures < 2 && [0, 502, 503, 504].includes(problemOf(error).status),
    },
  },
});

export function App() {
  const { language, theme } = usePreferences();
  const ant = useMemo(() => antTheme(theme), [theme]);
  return (
    <LanguageContext value={language}>
      <ConfigProvider
        theme={ant}
        locale={language === "zh" ? zh : en}
        csp={{ nonce }}
        button={{ autoInsertSpace: false }}
      >
        <AntApp notification={{ placement: "bottomRight" }}>
          <QueryClientProvider client={queries}>
            <SessionProvider>
              <RouterProvider router={router} />
            </SessionProvider>
          </QueryClientProvider>
        </AntApp>
      </ConfigProvider>
    </LanguageContext>
  );
}
