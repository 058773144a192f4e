/** The languages of snippets, as data: the client, how a text is written, what the URL may hold, how a program is run. */
import { posixQuote } from "../env/shell.ts";
import { natscliSecret } from "../secrets.ts";
import { quoteC, quoteCsharp, quoteJava, quoteJson, quoteRuby, quoteRust } from "./quote.ts";

export interface Language {
  /** The official client, and the version that the snippet was written for. */
  readonly client: string;
  readonly version: string;
  /** Writes a text as the language does. */
  readonly quote: (text: string) => string;
  /** Does its client take a login from the URL: percent-decoded, as it stands, or not at all? */
  readonly loginInUrl: "decoded" | "as it stands" | false;
  /** A password or token as its client takes it, where that is not as it is. */
  readonly secret?: (text: string) => string;
  /** CI runs its snippets, and their wrong twins, against every core mode. */
  readonly tested: boolean;
  /** What its users should know of the client: why the snippet is as it is. */
  readonly trap?: string;
  readonly toolchain: Toolchain;
}

/** A command; `{cache}` in it is the prepared folder, `{here}` that of the program. */
export type Command = readonly [program: string, ...args: readonly string[]];

/** How a snippet is run on this machine. */
export interface Toolchain {
  /** Must be on PATH, each with how one gets it. */
  readonly needs: Readonly<Record<string, string>>;
  /** Name of the snippet's file. */
  readonly file: string;
  /** Files of the project beside it, and what is done with them once, in a folder that is kept. */
  readonly project?: Readonly<Record<string, string>>;
  readonly prepare?: readonly Command[];
  /** Of that folder, what the program needs beside it: as links, or as copies where the tools write into it. */
  readonly link?: readonly string[];
  readonly copy?: readonly string[];
  /** Before the program, where it is to be compiled: said only when it fails. */
  readonly compile?: readonly Command[];
  readonly run: Command;
  readonly env?: Readonly<Record<string, string>>;
}

const NATS_JS = "3.4.0";
const NATS_GO = "v1.55.0";
const NATS_PY = "2.16.0";
const JNATS = "2.26.2";
const ASYNC_NATS = "0.51.0";
const NATS_PURE = "2.5.0";
const NATS_NET = "3.1.0";

const NPM = { npm: "it comes with Node: https://nodejs.org" };
const NPM_INSTALL = [
  "npm",
  "install",
  "--no-audit",
  "--no-fund",
  "--ignore-scripts",
  "--loglevel=error",
] as const;

/** By name; each has `templates/snippets/<name>.eta`. */
export const LANGUAGES = {
  cli: {
    client: "nats, the command line",
    version: "0.5",
    quote: shellWord,
    loginInUrl: "decoded",
    secret: natscliSecret,
    tested: true,
    trap: "`nats rtt` ends with 0 though it could not connect; `nats pub` does not",
    toolchain: {
      needs: {
        nats: "go install github.com/nats-io/natscli/nats@latest, or brew install nats-io/nats-tools/nats",
      },
      file: "hello.sh",
      run: ["/bin/sh", "-eu", "{here}/hello.sh"],
    },
  },
  javascript: {
    client: "@nats-io/transport-node",
    version: NATS_JS,
    quote: quoteJson,
    loginInUrl: false,
    tested: true,
    trap: "ignores `tls://`: only a `tls` option demands TLS. Checks an IP address against `localhost`. A refusal is tried again for 20 s",
    toolchain: {
      needs: NPM,
      file: "hello.mjs",
      project: { "package.json": "{}" },
      prepare: [[...NPM_INSTALL, `@nats-io/transport-node@${NATS_JS}`]],
      link: ["node_modules"],
      run: [process.execPath, "{here}/hello.mjs"],
    },
  },
  typescript: {
    client: "@nats-io/transport-node",
    version: NATS_JS,
    quote: quoteJson,
    loginInUrl: false,
    tested: true,
    trap: "as JavaScript",
    toolchain: {
      needs: NPM,
      file: "hello.mts",
      project: { "package.json": "{}" },
      prepare: [[...NPM_INSTALL, `@nats-io/transport-node@${NATS_JS}`, "typescript@6.0", "@types/node@20"]],
      link: ["node_modules"],
      compile: [
        [
          process.execPath,
          "{cache}/node_modules/typescript/bin/tsc",
          ...[
            "--strict",
            "--skipLibCheck",
            "--module",
            "nodenext",
            "--target",
            "es2023",
            "--types",
            "node",
            "{here}/hello.mts",
          ],
        ],
      ],
      run: [process.execPath, "{here}/hello.mjs"],
    },
  },
  go: {
    client: "github.com/nats-io/nats.go",
    version: NATS_GO,
    quote: quoteJson,
    loginInUrl: "decoded",
    tested: true,
    trap: "an error of a URL that does not parse shows the password in it",
    toolchain: {
      needs: { go: "https://go.dev/dl" },
      file: "main.go",
      // Once with a program that uses it: then its packages are compiled.
      project: {
        "go.mod": "module hello\n",
        "main.go": 'package main\n\nimport _ "github.com/nats-io/nats.go"\n\nfunc main() {}\n',
      },
      prepare: [
        ["go", "get", `github.com/nats-io/nats.go@${NATS_GO}`],
        ["go", "build", "-o", "hello", "."],
      ],
      copy: ["go.mod", "go.sum", "go-cache"],
      compile: [["go", "build", "-C", "{here}", "-o", "hello", "."]],
      run: ["{here}/hello"],
      // What is compiled of the program has its secrets in it, and goes with it.
      env: { GOCACHE: "{here}/go-cache", GOFLAGS: "-mod=mod" },
    },
  },
  python: {
    client: "nats-py",
    version: NATS_PY,
    quote: quoteJson,
    loginInUrl: "as it stands",
    tested: true,
    trap: "neither `tls://` nor an SSL context demands TLS, so the snippet looks first. With its defaults a refusal takes two minutes, and a failed TLS handshake hangs for ever",
    toolchain: {
      needs: { python3: "https://www.python.org/downloads, or apt-get install python3 python3-venv" },
      file: "hello.py",
      prepare: [
        ["python3", "-m", "venv", "{cache}/venv"],
        ["{cache}/venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", `nats-py==${NATS_PY}`],
      ],
      run: ["{cache}/venv/bin/python", "{here}/hello.py"],
      env: { PYTHONUTF8: "1" },
    },
  },
  java: {
    client: "io.nats:jnats",
    version: JNATS,
    quote: quoteJava,
    loginInUrl: "decoded",
    tested: true,
    trap: "checks no host name: the snippet does. The reason of a refusal is told to the error listener alone",
    toolchain: {
      needs: {
        java: "https://adoptium.net, or apt-get install default-jdk",
        mvn: "https://maven.apache.org, or apt-get install maven",
      },
      file: "Hello.java",
      project: {
        "pom.xml": `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>hello</groupId><artifactId>hello</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>io.nats</groupId><artifactId>jnats</artifactId><version>${JNATS}</version></dependency>
  </dependencies>
</project>
`,
      },
      prepare: [["mvn", "--batch-mode", "--quiet", "dependency:copy-dependencies", "-DoutputDirectory=lib"]],
      run: ["java", "-cp", "{cache}/lib/*", "{here}/Hello.java"],
    },
  },
  rust: {
    client: "async-nats",
    version: ASYNC_NATS,
    quote: quoteRust,
    loginInUrl: false,
    tested: true,
    trap: "certificates alone demand no TLS: `tls://` or `require_tls` do. A violation of permissions is told to the event callback alone",
    toolchain: {
      needs: { cargo: "https://rustup.rs" },
      file: "main.rs",
      project: {
        "Cargo.toml": `[package]
name = "hello"
version = "0.1.0"
edition = "2021"

[[bin]]
name = "hello"
path = "main.rs"

[profile.dev]
debug = false

[dependencies]
async-nats = "${ASYNC_NATS}"
futures-util = "0.3"
tokio = { version = "1", features = ["full"] }
`,
        "main.rs": "fn main() {}\n",
      },
      prepare: [["cargo", "build", "--quiet"]],
      copy: ["Cargo.toml", "Cargo.lock", "target"],
      compile: [["cargo", "build", "--quiet", "--manifest-path", "{here}/Cargo.toml"]],
      run: ["{here}/target/debug/hello"],
      env: { CARGO_TARGET_DIR: "" },
    },
  },
  c: {
    client: "cnats (libnats)",
    version: "3.4.1",
    quote: quoteC,
    loginInUrl: "as it stands",
    tested: true,
    trap: "before 3.13, only `natsOptions_SetSecure` demands TLS. 3.4 writes a login with quotes or backslashes into its CONNECT as it is, which the server cannot read",
    toolchain: {
      needs: { cc: "apt-get install gcc, or xcode-select --install" },
      file: "hello.c",
      compile: [["cc", "-o", "{here}/hello", "{here}/hello.c", "-lnats"]],
      run: ["{here}/hello"],
    },
  },
  csharp: {
    client: "NATS.Net",
    version: NATS_NET,
    quote: quoteCsharp,
    loginInUrl: "decoded",
    tested: false,
    trap: "`TlsMode.Auto` takes plaintext where no TLS is offered",
    toolchain: {
      needs: { dotnet: "https://dotnet.microsoft.com/download" },
      file: "Program.cs",
      project: {
        "hello.csproj": `<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <OutputType>Exe</OutputType><TargetFramework>net8.0</TargetFramework><RollForward>LatestMajor</RollForward>
    <ImplicitUsings>enable</ImplicitUsings><Nullable>enable</Nullable>
  </PropertyGroup>
  <ItemGroup><PackageReference Include="NATS.Net" Version="${NATS_NET}" /></ItemGroup>
</Project>
`,
      },
      prepare: [["dotnet", "restore"]],
      copy: ["hello.csproj"],
      compile: [["dotnet", "build", "{here}", "--output", "{here}/out", "--nologo", "--verbosity", "quiet"]],
      run: ["dotnet", "{here}/out/hello.dll"],
    },
  },
  ruby: {
    client: "nats-pure",
    version: NATS_PURE,
    quote: quoteRuby,
    loginInUrl: "as it stands",
    tested: false,
    trap: "an SSL context without `set_params` verifies nothing. Some passwords are refused as part of a URL",
    toolchain: {
      needs: { ruby: "https://www.ruby-lang.org, or apt-get install ruby", gem: "it comes with Ruby" },
      file: "hello.rb",
      prepare: [
        [
          "gem",
          "install",
          "--silent",
          "--no-document",
          "--install-dir",
          "{cache}/gems",
          "nats-pure",
          "-v",
          NATS_PURE,
        ],
      ],
      run: ["ruby", "{here}/hello.rb"],
      env: { GEM_PATH: "{cache}/gems:" },
    },
  },
} satisfies Readonly<Record<string, Language>>;

export type LanguageName = keyof typeof LANGUAGES;

/** A word of a POSIX shell, quoted where it must be. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : posixQuote(text);
}
