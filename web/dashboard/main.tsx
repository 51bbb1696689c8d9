import { hydrate } from 'preact';
import '../styles/tokens.css';
import '../styles/page.css';
import '../styles/report.css';
import './dashboard.css';
import { takeCode } from './code-in-url.js';
import { rememberProject } from './last-project.js';
import { PAGES } from './pages.js';

// One script for all pages: a browser that has loaded one page has the script for the others.
const { page: name = '', root = '.', project = '', login } = document.documentElement.dataset;
const container = document.getElementById('page');
if (container !== null && Object.hasOwn(PAGES, name)) {
  if (project !== '') rememberProject(project);
  const { Component } = PAGES[name as keyof typeof PAGES];
  const id = location.pathname.split('/').pop() ?? '';
  hydrate(<Component root={root} project={project} hasLogin={login === 'yes'} id={id} />, container);
} else takeCode();
