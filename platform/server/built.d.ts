/** What `scripts/web.js` makes of `web/dashboard`. */
export declare const BUILT: {
  readonly markup: Readonly<
    Record<
      | 'home'
      | 'homeWithLogin'
      | 'endpoints'
      | 'endpointsWithLogin'
      | 'endpoint'
      | 'endpointWithLogin'
      | 'secrets'
      | 'secretsWithLogin'
      | 'signIn'
      | 'setUp'
      | 'link'
      | 'login'
      | 'refusedLogin'
      | 'error',
      string
    >
  >;
  readonly assets: readonly { readonly name: string; readonly type: string; readonly body: string }[];
};
