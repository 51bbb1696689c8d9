import { hydrate } from 'preact';
import '../styles/tokens.css';
import '../styles/page.css';
import '../styles/report.css';
import './app.css';
import { Page } from './page.js';

const page = document.getElementById('page');
if (page !== null) hydrate(<Page />, page);
