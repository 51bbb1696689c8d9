/** The build puts the style sheets that a page imports into one. */
declare module '*.css' {}
