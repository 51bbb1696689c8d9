/** What `scripts/web.js` makes of `web/dashboard`. */
export declare const BUILT: {
  readonly markup: Readonly<
    Record<
      | 'home'
      | 'endpoints'
      | 'endpoint'
      | 'secrets'
      | 'members'
      | 'tokens'
      | 'audit'
      | 'usage'
      | 'settings'
      | 'users'
      | 'projects'
      | 'platformTokens'
      | 'platformAudit'
      | 'account'
      | 'signIn'
      | 'setUp'
      | 'link'
      | 'error',
      string
    >
  >;
  readonly assets: readonly { readonly name: string; readonly type: string; readonly body: string }[];
};
