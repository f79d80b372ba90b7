import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { BrowserRouter } from "react-router";
import { Problem } from "@/api/problem";
import { Pages } from "@/routes";
import { SessionProvider } from "@/shell/session";
import { ThemeProvider } from "@/shell/theme";
import { Corner } from "@/shell/told";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2_000,
      retry: (times, error) => times < 2 && !(error instanceof Problem && error.status >= 400 && error.status < 500),
    },
  },
});

export function App() {
  return (
    <ThemeProvider>
      <QueryClientProvider client={queries}>
        <BrowserRouter basename="/studio">
          <SessionProvider>
            <Pages />
          </SessionProvider>
          <Corner />
        </BrowserRouter>
      </QueryClientProvider>
    </ThemeProvider>
  );
}
