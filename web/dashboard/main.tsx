import { hydrate } from 'preact';
import '../styles/tokens.css';
import '../styles/page.css';
import '../styles/report.css';
import './dashboard.css';
import { PAGES } from './pages.js';

// One script for all pages: a browser that has loaded one page has the script for the others.
const { page: name = '', login } = document.documentElement.dataset;
const container = document.getElementById('page');
if (container !== null && Object.hasOwn(PAGES, name)) {
  const { root, Component } = PAGES[name as keyof typeof PAGES];
  const id = location.pathname.split('/').pop() ?? '';
  hydrate(<Component root={root} hasLogin={login === 'yes'} id={id} />, container);
}
