/** Colours and measures that all pages share. Each pair of text and ground has a contrast of 4.5 or more. */
export const TOKENS_CSS = /* css */ `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f5f6f9, #0e1116);
  --surface: light-dark(#ffffff, #161a22);
  --sunken: light-dark(#eef0f5, #1e232d);
  --line: light-dark(#dfe2ea, #2b313d);
  --text: light-dark(#161922, #e9ecf3);
  --muted: light-dark(#565e70, #9ca6b9);
  --accent: light-dark(#3a4fd0, #9db0ff);
  --accent-hover: light-dark(#2d3fb3, #b9c7ff);
  --on-accent: light-dark(#ffffff, #0d1330);
  --green: light-dark(#12704a, #55c993);
  --green-soft: light-dark(#e3f5ec, #14291f);
  --orange: light-dark(#8f4a00, #f1ad5a);
  --orange-soft: light-dark(#fdf0dd, #2d2213);
  --red: light-dark(#b3232a, #ff8f92);
  --red-soft: light-dark(#fdeaea, #331a1c);
  --grey: light-dark(#565e70, #9ca6b9);
  --grey-soft: light-dark(#eef0f5, #1e232d);
  --radius: 14px;
  --shadow: 0 1px 2px rgb(15 20 40 / 6%), 0 6px 20px rgb(15 20 40 / 5%);
  --sans: ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
`;
