/** What `scripts/web.js` makes of `web/app-page`. */
export declare const BUILT: {
  readonly markup: { readonly page: string };
  readonly assets: readonly { readonly name: string; readonly type: string; readonly body: string }[];
};
